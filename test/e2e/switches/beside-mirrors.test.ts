// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentPipeline } from "../../lab/agent-pipeline.ts";
import { OvsLab, waitFor } from "../../lab/index.ts";
import { arpRequest, tcp, udp } from "../frames.ts";
import { h1, h2, h3, h4, hostAddresses } from "../hosts.ts";
import { VtapProcess } from "../vtap-process.ts";

const DPID = "0000000000000001";
/** h1 and h2 are in one VLAN of the bridge, h3 in another; h4 is a monitor there. */
const HOSTS = [h1, h2, h3, h4];
const TAGS = { h1: 1, h2: 1, h3: 2, h4: 4095 };
const PIPELINE = agentPipeline(HOSTS.map(({ mac, ip }, index) => ({ port: index + 1, mac, ip })));

let directory: string;
let lab: OvsLab;
let vtap: VtapProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vtap-beside-mirrors-"));
  lab = await OvsLab.start();
  const hosts = HOSTS.map((_, index) => ({ name: `h${index + 1}`, port: index + 1 }));
  await lab.addSwitch({ name: "s1", dpid: DPID, hosts });
  for (const [host, tag] of Object.entries(TAGS))
    await lab.vsctl("set", "port", host, `tag=${tag}`);
  await lab.bundle("s1", PIPELINE);
});
afterEach(async () => {
  await vtap?.stop();
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
});

const AT_PROBE = { port: { switch: "s1.br-vtap", port: "probe0" } };

async function start(policies: readonly object[], config: object = {}): Promise<VtapProcess> {
  const topology = {
    switches: [
      {
        ...{ dpid: DPID, name: "s1", forwarding: { beside: { mirrors: true } } },
        connect: `unix:${join(lab.directory, "s1.mgmt")}`,
      },
    ],
    hosts: HOSTS.map(({ mac, ip }, index) => {
      return { name: `h${index + 1}`, mac, ips: [ip], switch: "s1", port: index + 1 };
    }),
  };
  await writeFile(join(directory, "topology.json"), JSON.stringify(topology));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies }));
  const settings = { ovsdbConnect: [`unix:${join(lab.directory, "db.sock")}`], ovsdbWrites: true };
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...settings, ...config }));
  vtap = await VtapProcess.start({
    more: ["--config", join(directory, "config.json")],
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
  });
  return vtap;
}

const policy = (id: string, more: object) => ({
  ...{ id, sender: { host: "h1" }, receiver: "any", direction: "forward", monitors: [AT_PROBE] },
  ...more,
});

/** Plugs a monitor into OpenVTAP's own bridge, which a policy has made. */
async function plugIn(): Promise<void> {
  await waitFor(async () => (await bridges()).includes("br-vtap"), { what: "br-vtap" });
  lab.adoptSwitch("br-vtap");
  await lab.addHost("probe0", "br-vtap", 30);
}

const bridges = async () => (await lab.vsctl("list-br")).trim().split("\n");

/** What OpenVTAP has not made, and must not change. */
async function ofOthers() {
  const flows = (await lab.dumpFlows("s1")).filter((line) => !line.includes("cookie=0x7654"));
  const columns = ["controller", "fail_mode", "other_config", "external_ids", "protocols"];
  const row = await lab.vsctl("--bare", `--columns=${columns}`, "find", "bridge", "name=s1");
  const ports = (await lab.vsctl("list-ports", "s1")).split("\n");
  return { flows, row, ports: ports.filter((name) => !name.startsWith("vt")) };
}

const hex = (frame: Uint8Array) => Buffer.from(frame).toString("hex");
const stranger = hostAddresses(9);
/** Of each some that the pipeline delivers, and some that it drops. */
const FRAMES = [
  tcp(h1, h2, { src: 1024, dst: 80 }),
  udp(h1, h3, { src: 1024, dst: 80 }),
  arpRequest(h1, h2),
  tcp(stranger, h2, { src: 1, dst: 2 }),
  tcp(h1, stranger, { src: 5, dst: 6 }),
];

/** What arrives after frames of h1, apart from copies. */
async function delivered() {
  lab.clear();
  await lab.inject("h1", FRAMES);
  const { h4: _, probe0: __, ...others } = lab.received();
  return others;
}

test("a port's frames are copied as it sends them, and nothing of the other application changes", async () => {
  const [before, alone] = [await ofOthers(), await delivered()];
  expect(alone.h2?.length).toBeGreaterThan(0);
  await start([policy("tap", { sender: { port: { switch: "s1", port: 1 } } })]);
  await plugIn();
  await vtap.allPoliciesActive();
  expect(await delivered()).toEqual(alone);
  expect(lab.frames("probe0").map(hex)).toEqual(FRAMES.map(hex));
  expect(await ofOthers()).toEqual(before);
  expect((await lab.dumpFlows("s1")).filter((each) => each.includes("0x7654"))).toEqual([]);
});

const rows = async (table: string, columns: string) =>
  (await lab.vsctl("--bare", "--no-headings", `--columns=${columns}`, "list", table))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .sort();

test("what a receiver's port gets is copied as it leaves; filtered frames cost no action", async () => {
  const both = { direction: "both", filters: { ip_proto: "tcp" }, monitors: [AT_PROBE] };
  const alone = await lab.trace("s1", 1, FRAMES[1] ?? "");
  const actions = (text: string) => /Datapath actions: (.*)/.exec(text)?.[1];
  await start([policy("tap", both)]);
  await plugIn();
  await vtap.allPoliciesActive();
  const [there, back] = [tcp(h1, h2, { src: 7, dst: 80 }), tcp(h2, h1, { src: 80, dst: 7 })];
  const dropped = tcp(stranger, h1, { src: 8, dst: 80 });
  lab.clear();
  await lab.inject("h1", [there, udp(h1, h2, { src: 1, dst: 2 })]);
  await lab.inject("h2", [back, dropped, udp(h2, h1, { src: 1, dst: 2 })]);
  // The pipeline drops what h2 sends as another host: h1 does not get it.
  expect(lab.frames("probe0").map(hex)).toEqual([there, back].map(hex));
  const filtered = await lab.trace("s1", 1, FRAMES[1] ?? "");
  expect(filtered).toContain('bridge("br-vtap")');
  expect(actions(filtered)).toBe(actions(alone));
  expect(actions(await lab.trace("s1", 1, there))).not.toBe(actions(alone));
  const owned = async () =>
    (await vtap.get("/switches/s1")).ovsdb.settings.mirrors.filter(
      ({ own }: { own?: boolean }) => own,
    ).length;
  await waitFor(async () => (await owned()) === 2, { what: "both mirrors in the settings" });
  const plan = await vtap.get("/policies/tap/plan");
  // As a sender, and as the receiver of what comes back.
  expect(plan.tapPoints).toMatchObject([
    { switch: "s1", port: 1 },
    { switch: "s1", port: 1 },
  ]);
  expect(plan.switches.map((each: { switch: string }) => each.switch)).toEqual(["s1.br-vtap"]);
});

test("copies reach a monitor at the bridge of the other application by one entry, which is put back", async () => {
  const [before, alone] = [await ofOthers(), await delivered()];
  await start([policy("tap", { monitors: [{ host: "h4" }] })]);
  await vtap.allPoliciesActive();
  const copied = FRAMES.filter((frame) => hex(frame).slice(12, 24) === "fa0000000001");
  expect(await delivered()).toEqual(alone);
  expect(lab.frames("h4").map(hex)).toEqual(copied.map(hex));
  expect(await ofOthers()).toEqual(before);
  const own = (await lab.dumpFlows("s1")).filter((each) => each.includes("0x7654"));
  expect(own).toEqual([expect.stringMatching(/priority=60000,in_port=\d+ actions=output:4$/)]);
  const times: number[] = [];
  for (let n = 0; n < 3; n++) {
    await lab.ofctl("del-flows", "s1");
    const began = performance.now();
    await lab.bundle("s1", PIPELINE);
    await waitFor(async () => (await lab.dumpFlows("s1")).some((each) => each === own[0]));
    times.push(performance.now() - began);
    await vtap.allPoliciesActive();
    expect(await delivered()).toEqual(alone);
    expect(lab.frames("h4").map(hex)).toEqual(copied.map(hex));
  }
  // Long before any audit; a busy machine may delay one of them.
  expect(Math.min(...times)).toBeLessThan(1000);
});

test("rows are adopted after a kill, and removed when no policy needs them", async () => {
  const before = await ofOthers();
  const alone = await delivered();
  await start([policy("tap", { monitors: [{ host: "h4" }] })]);
  await vtap.allPoliciesActive();
  const all = async () => [
    await rows("mirror", "_uuid,name,select_src_port,output_port"),
    await rows("bridge", "_uuid,name,controller,ports"),
    await rows("port", "_uuid,name"),
    await lab.dumpFlows("br-vtap"),
    await lab.dumpGroups("br-vtap"),
  ];
  const present = await all();
  const { openflowPort } = vtap;
  await vtap.stop("SIGKILL");
  const copied = FRAMES.filter((frame) => hex(frame).slice(12, 24) === "fa0000000001");
  await delivered();
  expect(lab.frames("h4").map(hex)).toEqual(copied.map(hex));
  vtap = await VtapProcess.start({
    more: ["--config", join(directory, "config.json")],
    data: join(directory, "data"),
    topology: [join(directory, "topology.json")],
    policies: [join(directory, "policies.json")],
    openflowPort,
  });
  await vtap.allPoliciesActive();
  expect(await all()).toEqual(present);
  await vtap.request("POST", "/taps:suspend", { reason: "test" });
  await waitFor(async () => !(await bridges()).includes("br-vtap"), { what: "no br-vtap" });
  expect(await rows("mirror", "name")).toEqual([]);
  expect((await lab.vsctl("list-ports", "s1")).trim().split("\n")).toEqual([
    "h1",
    "h2",
    "h3",
    "h4",
  ]);
  expect(await ofOthers()).toEqual(before);
  expect(await delivered()).toEqual(alone);
  expect((await vtap.request("POST", "/taps:resume?reason=test")).status).toBe(200);
  await vtap.allPoliciesActive();
  await delivered();
  expect(lab.frames("h4").map(hex)).toEqual(copied.map(hex));
});

test("what another client removes or changes is made again; a bridge that is not OpenVTAP's is refused", async () => {
  await lab.vsctl("add-br", "br-vtap");
  await start([policy("tap", { monitors: [{ host: "h4" }] })]);
  const reasons = async () => (await vtap.get("/policies/tap")).status.reasons.join("; ");
  await waitFor(async () => (await reasons()).includes("bridge br-vtap is not OpenVTAP's"));
  expect((await vtap.get("/policies/tap")).status.state).toBe("error");
  expect(await rows("mirror", "name")).toEqual([]);
  await lab.vsctl("del-br", "br-vtap");
  await vtap.allPoliciesActive();
  const copied = FRAMES.filter((frame) => hex(frame).slice(12, 24) === "fa0000000001");
  for (const change of [
    ["clear", "bridge", "s1", "mirrors"],
    ["del-br", "br-vtap"],
    ["del-controller", "br-vtap"],
    ["set-fail-mode", "br-vtap", "standalone"],
    [
      "del-port",
      "s1",
      (await lab.vsctl("list-ports", "s1")).split("\n").find((n) => /^vt.*s$/.test(n)) ?? "",
    ],
  ]) {
    await lab.vsctl(...change);
    await waitFor(
      async () => {
        await delivered();
        return lab.frames("h4").map(hex).join() === copied.map(hex).join();
      },
      { what: `copies after ${change.join(" ")}` },
    );
  }
  await vtap.allPoliciesActive();
  expect((await lab.vsctl("get-fail-mode", "br-vtap")).trim()).toBe("secure");
});

test("what leaves by a port for a monitor is not copied again: the later policy is in error", async () => {
  await start([
    policy("a", { monitors: [{ host: "h4" }] }),
    policy("b", { sender: "any", receiver: { host: "h4" }, monitors: [{ host: "h3" }] }),
  ]);
  const status = async (id: string) => (await vtap.get(`/policies/${id}`)).status;
  await waitFor(async () => (await status("a")).state === "active", { what: "policy a" });
  await waitFor(
    async () => (await status("b")).reasons.join().includes("copies of policy a leave by port 4"),
    { what: "the reason of policy b" },
  );
  expect((await status("b")).state).toBe("error");
  expect(await rows("mirror", "name")).toEqual([
    expect.stringMatching(/^openvtap-vt[0-9a-f]+-1s$/),
  ]);
  const copied = FRAMES.filter((frame) => hex(frame).slice(12, 24) === "fa0000000001");
  await delivered();
  expect(lab.frames("h4").map(hex)).toEqual(copied.map(hex));
});

test("ports share mirrors where others have most of the 32: each frame once, by its addresses", async () => {
  await lab.addHost("h5", "s1", 5);
  for (let n = 0; n < 30; n++) {
    await lab.vsctl(
      ...["--id=@m", "create", "mirror", `name=theirs${n}`, "--", "add", "bridge", "s1", "mirrors"],
      "@m",
    );
  }
  const ends = [{ host: "h1" }, { host: "h2" }];
  await start([policy("tap", { sender: ends, direction: "both" })]);
  await plugIn();
  await vtap.allPoliciesActive();
  const own = (await rows("mirror", "name")).filter((name) => !name.startsWith("theirs"));
  expect(own).toEqual([
    expect.stringMatching(/^openvtap-vt[0-9a-f]{2}0001-65280r$/),
    expect.stringMatching(/^openvtap-vt[0-9a-f]{2}0001-65280s$/),
  ]);
  const [there, back] = [tcp(h1, h2, { src: 7, dst: 80 }), tcp(h2, h1, { src: 80, dst: 7 })];
  lab.clear();
  await lab.inject("h1", [there, tcp(stranger, h2, { src: 1, dst: 2 })]);
  await lab.inject("h2", [back]);
  expect(lab.frames("probe0").map(hex)).toEqual([there, back].map(hex));
  const dryRun = await vtap.request("POST", "/policies:validate", policy("q", {}));
  expect(JSON.stringify(dryRun.body)).toContain("it shares a mirror with other ports");
  // Others make room.
  for (let n = 0; n < 30; n++) {
    await lab.vsctl(
      "--id=@m",
      "get",
      "mirror",
      `theirs${n}`,
      "--",
      "remove",
      "bridge",
      "s1",
      "mirrors",
      "@m",
    );
  }
  await waitFor(async () => (await rows("mirror", "name")).length === 4, { what: "own mirrors" });
  await vtap.allPoliciesActive();
  lab.clear();
  await lab.inject("h1", [there]);
  await lab.inject("h2", [back]);
  expect(lab.frames("probe0").map(hex)).toEqual([there, back].map(hex));
});
