// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { withoutProbes } from "../discovery/own-probes.ts";
import { tcp, udp } from "../frames.ts";
import { h1, h2, mac } from "../hosts.ts";
import { Previewed } from "../previewed.ts";
import { Scenario } from "../scenario.ts";
import { runVtap } from "../vtap-process.ts";

/**
 *   h1,h4,h6 - s1 - s2 - h2,h3,h5
 */
const PLAN = {
  switches: ["s1", "s2"],
  links: [["s1", 10, "s2", 10]],
  hosts: [
    [1, "s1", 1],
    [4, "s1", 4],
    [6, "s1", 6],
    [2, "s2", 2],
    [3, "s2", 3],
    [5, "s2", 5],
  ],
  config: {
    ...{ preview: true, previewLimit: 2, tapVlanRange: "3900-3999" },
    ...{ countersIntervalSeconds: 1, auditIntervalSeconds: 600 },
  },
} as const;

const pair = { sender: mac(h1), receiver: mac(h2) };
const [to3, to5, to6] = ["h3", "h5", "h6"].map((host) => ({ monitors: [{ host }] }));

/** A policy of each way in which copies are delivered, with the bytes that its monitor gets. */
const FORMS: Readonly<Record<string, { readonly policy: object; readonly truncate?: number }>> = {
  local: { policy: { ...pair, ...to6 } },
  rewrite: { policy: { ...pair, ...to3, copy: { delivery: "rewrite" } } },
  mark: { policy: { ...pair, ...to3, copy: { delivery: "mark" } } },
  tag: { policy: { ...pair, ...to3, copy: { delivery: "tag" } } },
  "cut-local": { policy: { ...pair, ...to6, copy: { truncate: 50 } }, truncate: 50 },
  "cut-far": { policy: { ...pair, ...to5, copy: { truncate: 40 } }, truncate: 40 },
  limited: {
    policy: { ...pair, ...to6, copy: { rateLimit: { pps: 1000, burst: 1000 } } },
  },
};

const cookieOf = (category: string) => `cookie=0x7654${category}0000000000/0xffffff0000000000`;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.start(PLAN);
});
afterEach(async () => {
  for (const { id } of (await scenario.vtap.get("/policies")).items)
    await scenario.deletePolicy(id);
});
afterAll(() => scenario?.stop());

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

async function previewEntries(): Promise<string[]> {
  const all = await Promise.all(
    PLAN.switches.map((name) => scenario.lab.ofctl("dump-flows", name, cookieOf("09"))),
  );
  return all.flatMap((text) => text.split("\n").filter((line) => line.includes("cookie=")));
}

/** Waits until no switch has anything of a preview, and compares the tables. */
async function leavesNothing(before: unknown): Promise<void> {
  await waitFor(async () => (await previewEntries()).length === 0, { what: "no preview entries" });
  await scenario.synced();
  expect(await scenario.tables()).toEqual(before);
}

function tshark(file: Uint8Array, ...args: string[]): string[] {
  const path = join(scenario.directory, "preview.pcapng");
  writeFileSync(path, file);
  const out = execFileSync("tshark", ["-r", path, ...args], { encoding: "utf8", stdio: "pipe" });
  return out.trim().split("\n");
}

describe("a preview", () => {
  test.each(Object.entries(FORMS))("of %s copies", async (id, { policy, truncate }) => {
    await scenario.createPolicy({ id, ...policy });
    const monitor = (policy as typeof to3)?.monitors[0]?.host ?? "";
    const before = await scenario.tables();
    const preview = await Previewed.begin(scenario.vtap, id, { packets: 3, whole: true });
    expect(preview.status).toBe(200);
    const rules = (await previewEntries()).join("\n");
    expect(rules).toMatch(/hard_timeout=\d+/);
    const frames = [1, 2, 3].map((src) => tcp(h1, h2, { src, dst: 80 }));
    const cut = frames.map((frame) => frame.subarray(0, truncate ?? frame.length));
    await scenario.expectDelivery("h1", frames, { h2: frames, [monitor]: cut });
    await preview.over();
    expect(preview.hex).toEqual(cut.map(hex));
    expect(preview.frames.map(({ length }) => length)).toEqual(cut.map(({ length }) => length));
    await leavesNothing(before);
  });

  test("is a capture file that others read", async () => {
    await scenario.createPolicy({ id: "cut", ...pair, ...to3, copy: { truncate: 60 } });
    const preview = await Previewed.begin(scenario.vtap, "cut", { packets: 2, bytes: 40 });
    await scenario.lab.inject(
      "h1",
      [1, 2].map((src) => tcp(h1, h2, { src, dst: 80 })),
    );
    await preview.over();
    const fields = ["frame.interface_name", "frame.len", "frame.cap_len", "tcp.srcport"];
    expect(tshark(preview.file, "-T", "fields", ...fields.flatMap((each) => ["-e", each]))).toEqual(
      [1, 2].map((src) => `cut/h3\t60\t40\t${src}`),
    );
  });

  test("leaves out copies of other policies that arrive by the same rules", async () => {
    const port = (n: number) => ({ filters: { ip_proto: 6, tcp_dst: n } });
    const [first, second] = [80, 443].map((n) => ({ ...pair, ...to3, ...port(n) }));
    await scenario.createPolicy({ id: "first", ...first, copy: { delivery: "rewrite" } });
    await scenario.createPolicy({ id: "second", ...second, copy: { delivery: "rewrite" } });
    const before = await scenario.tables();
    const previews = await Promise.all(
      ["first", "second"].map((id) => Previewed.begin(scenario.vtap, id, { packets: 2 })),
    );
    const [web, tls] = [80, 443].map((dst) => [1, 2].map((src) => tcp(h1, h2, { src, dst }))) as [
      Uint8Array[],
      Uint8Array[],
    ];
    const all = [...web, ...tls];
    await scenario.expectDelivery("h1", all, { h2: all, h3: all });
    await Promise.all(previews.map((each) => each.over()));
    expect(previews.map((each) => each.hex)).toEqual([web.map(hex), tls.map(hex)]);
    await leavesNothing(before);
  });

  test("changes nothing for production, the monitor and the counters while it comes and goes", async () => {
    const policies = {
      near: { ...pair, ...to6 },
      far: { ...pair, ...to3, copy: { delivery: "mark" } },
    };
    for (const [id, each] of Object.entries(policies)) await scenario.createPolicy({ id, ...each });
    const { lab, vtap } = scenario;
    const countersOf = async (id: string) => (await vtap.get(`/policies/${id}`)).counters;
    // The counts of the first moments of a rule are left out: see docs/counters.md.
    const settled = Date.now() + 2500;
    for (const id of Object.keys(policies)) {
      await waitFor(async () => Date.parse((await countersOf(id)).readAt) > settled, {
        what: "the rules to be settled",
      });
    }
    lab.clear();
    const sent: Uint8Array[] = [];
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        const frame = udp(h1, h2, { src: 1 + sent.length, dst: 53 }, { data: `n${sent.length}` });
        sent.push(frame);
        await lab.give("h1", frame);
        if (sent.length % 32 === 0) await lab.settle();
      }
    })();
    try {
      for (let round = 0; round < 5; round++) {
        const running = await Promise.all(
          Object.keys(policies).map((id) => Previewed.begin(vtap, id, { packets: 5, seconds: 60 })),
        );
        await Promise.all(running.map((each) => each.over()));
        for (const each of running)
          expect(sent.map(hex)).toEqual(expect.arrayContaining([...each.hex]));
        // For the moment in which its rules change it may be pending; copies go on.
        await vtap.policyIs("far", "active");
      }
    } finally {
      isOver = true;
      await sending;
    }
    await lab.settle();
    const got = withoutProbes(lab.received());
    const want = sent.map(hex).sort();
    for (const host of ["h2", "h3", "h6"])
      expect([host, [...(got[host] ?? [])].sort()]).toEqual([host, want]);
    for (const id of Object.keys(policies)) {
      await waitFor(async () => (await countersOf(id)).copied.packets >= sent.length, {
        what: "all copies to be counted",
      });
      expect(await countersOf(id)).toMatchObject({
        copied: { packets: sent.length },
        loss: { packets: 0 },
      });
    }
  });

  test("is metered: what is above 200 frames per second is not shown, and arrives", async () => {
    await scenario.createPolicy({ id: "far", ...pair, ...to3 });
    const preview = await Previewed.begin(scenario.vtap, "far", { packets: 10_000, seconds: 60 });
    const frames = Array.from({ length: 1500 }, (_, n) => tcp(h1, h2, { src: n + 1, dst: 80 }));
    const began = performance.now();
    await scenario.expectDelivery("h1", frames, { h2: frames, h3: frames });
    const seconds = (performance.now() - began) / 1000;
    await preview.has(100);
    await preview.kill();
    const most = 200 + Math.ceil(seconds * 200);
    expect(preview.frames.length).toBeLessThanOrEqual(Math.min(most, frames.length - 1));
  });
});

describe("previews", () => {
  test("one at a time of a policy, and not more than the limit", async () => {
    for (const n of [1, 2, 3]) {
      await scenario.createPolicy({ id: `p${n}`, ...pair, ...to3, filters: { tcp_dst: n } });
    }
    const start = (id: string, body?: object) => Previewed.start(scenario.vtap, id, body);
    const first = await start("p1", { seconds: 60 });
    const again = await start("p1");
    expect([again.status, again.problem.detail]).toEqual([
      409,
      expect.stringContaining("one preview of a policy runs at a time"),
    ]);
    const second = await start("p2", { seconds: 60 });
    const third = await start("p3");
    expect([third.status, third.problem.detail]).toEqual([
      429,
      expect.stringContaining("there are 2 previews already (previewLimit)"),
    ]);
    expect((await start("absent")).status).toBe(404);
    await first.kill();
    expect((await start("p3", { monitor: "h9" })).status).toBe(422);
    await scenario.vtap.request("PATCH", "/policies/p3?wait=60000", { enabled: false });
    const disabled = await start("p3");
    expect([disabled.status, disabled.problem.detail]).toEqual([
      409,
      expect.stringContaining("the policy is disabled"),
    ]);
    await second.kill();
    await waitFor(async () => (await previewEntries()).length === 0, {
      what: "no preview entries",
    });
    const { items } = await scenario.vtap.get(
      "/audit?operation=POST /api/v1/policies/{id}:preview",
    );
    const recorded = items.map(
      ({ type, outcome }: { type: string; outcome: { status: number } }) => [type, outcome.status],
    );
    expect(recorded.slice(-7)).toEqual([
      ["read", 200],
      ["refusal", 409],
      ["read", 200],
      ["refusal", 429],
      ["refusal", 404],
      ["refusal", 422],
      ["refusal", 409],
    ]);
    expect(items.findLast(({ type }: { type: string }) => type === "read")).toMatchObject({
      object: { kind: "policy", id: "p2" },
      parameters: { packets: 100, seconds: 60, bytes: 256, monitor: "h3" },
    });
  });

  test("their rules are shown as OpenVTAP's own, and explained frames are as before", async () => {
    await scenario.createPolicy({ id: "far", ...pair, ...to3 });
    const frame = hex(tcp(h1, h2, { src: 1, dst: 80 }));
    const explain = async () => (await scenario.vtap.request("POST", "/explain", { frame })).body;
    const before = await explain();
    expect(before.agreement).toEqual({ ok: true, problems: [] });
    const preview = await Previewed.begin(scenario.vtap, "far", { seconds: 60 });
    const during = await explain();
    expect(during.agreement).toEqual(before.agreement);
    expect(during.copies.map(({ frame }: { frame: string }) => frame)).toEqual([frame]);
    const { rules } = await scenario.vtap.get("/switches/s2");
    const own = rules.filter(({ category }: { category: string }) => category === "preview");
    expect(own.map(({ actions }: { actions: string }) => actions)).toEqual([
      expect.stringMatching(/^controller\(max_len=256,id=30292,/),
      "drop",
    ]);
    await preview.kill();
  });

  test("the rules go when the client does", async () => {
    await scenario.createPolicy({ id: "far", ...pair, ...to3 });
    const before = await scenario.tables();
    const preview = await Previewed.begin(scenario.vtap, "far", { seconds: 300 });
    expect((await previewEntries()).length).toBeGreaterThan(0);
    await preview.kill();
    await leavesNothing(before);
  });

  test("a controller that dies leaves rules that end by themselves; the next one removes the rest", async () => {
    await scenario.createPolicy({ id: "far", ...pair, ...to3 });
    const before = await scenario.tables();
    await Previewed.begin(scenario.vtap, "far", { seconds: 8 });
    const count = async (text: string) =>
      (await previewEntries()).filter((line) => line.includes(text)).length;
    expect(await count("controller(")).toBe(1);
    await scenario.vtap.stop("SIGKILL");
    await waitFor(async () => (await count("controller(")) === 0, { what: "the rule to end" });
    // What was sent to it is dropped.
    expect(await count("actions=drop")).toBe(1);
    const frame = tcp(h1, h2, { src: 1, dst: 80 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    await scenario.replaceController();
    await leavesNothing(before);
  });
});

describe("vtap preview", () => {
  const server = () => ["--server", `http://127.0.0.1:${scenario.vtap.httpPort}`];

  test("prints frames in lines, and writes a file", async () => {
    await scenario.createPolicy({ id: "far", ...pair, ...to3 });
    const frames = [1, 2].map((src) => tcp(h1, h2, { src, dst: 80 }));
    const shown = runVtap(["preview", "far", "--packets", "2", "--seconds", "60", ...server()]);
    await waitFor(async () => (await previewEntries()).length > 0, { what: "the preview" });
    await scenario.lab.inject("h1", frames);
    const { code, stdout } = await shown;
    const lines = stdout.trim().split("\n");
    expect([code, lines.map((line) => line.replace(/^\S+ /, ""))]).toEqual([
      0,
      [1, 2].map((src) => `10.1.1.1:${src} > 10.1.1.2:80 tcp [ACK] ${frames[0]?.length} bytes`),
    ]);
    const path = join(scenario.directory, "far.pcapng");
    await waitFor(async () => (await previewEntries()).length === 0, { what: "the end" });
    const flags = ["--packets", "2", "--seconds", "60", "--whole", "-w", path];
    const written = runVtap(["preview", "far", ...flags, ...server()]);
    await waitFor(async () => (await previewEntries()).length > 0, { what: "the preview" });
    await scenario.lab.inject("h1", frames);
    expect((await written).code).toBe(0);
    expect(tshark(readFileSync(path), "-T", "fields", "-e", "tcp.srcport")).toEqual(["1", "2"]);
  });
});

test("without the setting there is no preview", async () => {
  await scenario.createPolicy({ id: "far", ...pair, ...to3 });
  await scenario.replaceController({ more: [] });
  const refused = await Previewed.start(scenario.vtap, "far");
  expect([refused.status, refused.problem.type]).toEqual([
    403,
    "urn:openvtap:problem:previews-off",
  ]);
});
