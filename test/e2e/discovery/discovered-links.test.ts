// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { ethernet, rawPayload } from "../../../src/packet/index.ts";
import { type Dpid, type PortNo, probeFrame } from "../../../src/topology/index.ts";
import { type LabLink, type OvsLab, waitFor } from "../../lab/index.ts";
import { Testbed } from "../testbed.ts";
import type { VtapProcess } from "../vtap-process.ts";
import { isOwnProbe, withoutProbes } from "./own-probes.ts";

/** Ten switches in a ring with three chords, two hosts each; there is no topology file. */
const SIZE = 10;
const names = Array.from({ length: SIZE }, (_, index) => `s${index + 1}`);
const dpid = (n: number) => n.toString(16).padStart(16, "0") as Dpid;
const LINKS: readonly LabLink[] = [
  ...names.map((name, index): LabLink => [name, 10, names[(index + 1) % SIZE] ?? "", 11]),
  ["s1", 20, "s5", 20],
  ["s2", 20, "s7", 20],
  ["s3", 20, "s9", 20],
];
const hosts = names.flatMap((_, index) => [`h${2 * index + 1}`, `h${2 * index + 2}`]);

let testbed: Testbed;
let lab: OvsLab;
let vtap: VtapProcess;

beforeAll(async () => {
  testbed = await Testbed.start({ config: { probeIntervalSeconds: 0.5 } });
  ({ lab, vtap } = testbed);
});

afterAll(() => testbed?.stop());

interface LinkItem {
  readonly a: { readonly dpid: string; readonly port: number };
  readonly b: { readonly dpid: string; readonly port: number };
  readonly origin: string;
  readonly state: string;
  readonly up: boolean;
}

const links = async (): Promise<LinkItem[]> => (await vtap.get("/links?limit=100")).items;
const link = async (n: number, port: number) =>
  (await links()).find(({ a, b }) =>
    [a, b].some((end) => end.dpid === dpid(n) && end.port === port),
  );
const roleOf = async (n: number, port: number): Promise<string> => {
  const { ports } = await vtap.get(`/switches/${dpid(n)}`);
  return ports.find((each: { port: number }) => each.port === port)?.role;
};
const settled = async () => {
  const { items } = await vtap.get("/switches?limit=100");
  const all = items.flatMap(({ ports }: { ports: { role: string }[] }) => ports);
  return items.length === SIZE && all.every(({ role }: { role: string }) => role !== "probing");
};
const everyLink = async () => (await links()).filter(({ up }) => up).length === LINKS.length;

/** A broadcast with a number of its own. */
const broadcast = (n: number) => {
  const number = new Uint8Array(50);
  new DataView(number.buffer).setUint32(0, n);
  return ethernet({ dst: 0xffffffffffff, src: 0xfa0000000001 }, rawPayload(number));
};

/** No host received a broadcast twice. */
function expectNoneTwice(): void {
  for (const [host, frames] of Object.entries(withoutProbes(lab.received()))) {
    expect([host, frames.length]).toEqual([host, new Set(frames).size]);
  }
}

async function expectOneEach(n: number): Promise<void> {
  lab.clear();
  await lab.inject("h1", broadcast(n));
  const hex = Buffer.from(broadcast(n)).toString("hex");
  const others = hosts.filter((host) => host !== "h1");
  expect(withoutProbes(lab.received())).toEqual(
    Object.fromEntries(others.map((host) => [host, [hex]])),
  );
}

test("without a topology file every link is found, and no broadcast loops meanwhile", async () => {
  const switches = names.map((name, index) => ({
    name,
    controller: vtap.target,
    hosts: [1, 2].map((port) => ({ name: hosts[2 * index + port - 1] ?? "", port })),
  }));
  await lab.build({ switches, links: LINKS });
  let sent = 0;
  let done = false;
  const sending = (async () => {
    while (!done) await lab.inject("h1", broadcast(sent++));
  })();
  await waitFor(everyLink, { what: "every link", everyMs: 20 });
  await waitFor(settled, { what: "every port to be known", everyMs: 20 });
  done = true;
  await sending;
  expect(sent).toBeGreaterThan(0);
  expectNoneTwice();
  for (const each of await links())
    expect(each).toMatchObject({ origin: "discovered", state: "up" });
  expect([await roleOf(1, 1), await roleOf(1, 10)]).toEqual(["edge", "link"]);
  await vtap.synced(...names.map((_, index) => dpid(index + 1)));
  await expectOneEach(1_000_000);
});

test("a forged probe creates no link, and is reported", async () => {
  const probe = { dpid: dpid(5), port: 1 as PortNo, epoch: 1n, sequence: 1 };
  await lab.inject("h1", probeFrame(probe, Buffer.alloc(32, "a guess"), 20));
  await waitFor(() => vtap.lines.some(({ reason }) => reason === "forged"));
  expect(vtap.lines.find(({ reason }) => reason === "forged")).toMatchObject({ port: 1 });
  expect(await links()).toHaveLength(LINKS.length);
  expect(await roleOf(1, 1)).toBe("edge");
});

test("a genuine probe that is replayed later creates no link, and is reported", async () => {
  lab.clear();
  await waitFor(() => lab.frames("h4").some(isOwnProbe));
  const old = lab.frames("h4").find(isOwnProbe);
  if (!old) throw new Error("no probe");
  // A probe is valid for two intervals.
  await waitFor(() => lab.frames("h4").filter(isOwnProbe).length >= 5);
  await lab.inject("h9", old);
  await waitFor(() => vtap.lines.some(({ reason }) => reason === "stale"));
  expect(await roleOf(5, 1)).toBe("edge");
});

test("LLDP of a host and other frames that no bridge forwards are not forwarded", async () => {
  const before = vtap.lines.length;
  lab.clear();
  const to = (last: number, etherType: number) =>
    ethernet(
      { dst: 0x0180c2000000 + last, src: 0xfa0000000001 },
      rawPayload(new Uint8Array(46), etherType),
    );
  await lab.inject("h1", [to(0x0e, 0x88cc), to(0x03, 0x88cc), to(0, 0x0026), to(2, 0x8809)]);
  expect(withoutProbes(lab.received())).toEqual({});
  const complaints = vtap.lines.slice(before).filter(({ msg }) => msg.startsWith("a probe"));
  expect(complaints).toEqual([]);
});

test("ports report a cut at once; frames take another path; the restored link is found", async () => {
  await lab.cutLink("s1", 10);
  await waitFor(async () => (await links()).length === LINKS.length - 1, { everyMs: 10 });
  await vtap.synced(...names.map((_, index) => dpid(index + 1)));
  await expectOneEach(2_000_000);
  await lab.restoreLink("s1", 10);
  await waitFor(everyLink);
  await vtap.synced(...names.map((_, index) => dpid(index + 1)));
  await expectOneEach(3_000_000);
});

test("without a port event: one direction lost is reported and the link unused, both lost end the link", async () => {
  const deaf = (name: string, port: number) =>
    lab.ofctl("add-flow", name, `priority=65000,in_port=${port},dl_type=0x88cc,actions=drop`);
  await deaf("s2", 11);
  await waitFor(async () => (await link(1, 10))?.state === "unidirectional");
  expect(await link(1, 10)).toMatchObject({ up: false });
  await vtap.logged("probes cross the link in one direction only");
  await vtap.synced(dpid(1), dpid(2));
  await expectOneEach(4_000_000);
  await deaf("s1", 10);
  await waitFor(async () => (await link(1, 10)) === undefined);
  const hear = (name: string, port: number) =>
    lab.ofctl("--strict", "del-flows", name, `priority=65000,in_port=${port},dl_type=0x88cc`);
  await Promise.all([hear("s2", 11), hear("s1", 10)]);
  await waitFor(everyLink);
});

test("a restarted controller trusts its stored links: it sends no flow-mod", async () => {
  await waitFor(settled);
  await vtap.synced(...names.map((_, index) => dpid(index + 1)));
  // What has just been found may not be on disk yet, and a kill may lose it; a stop writes it.
  expect(await vtap.stop()).toBe(0);
  vtap = await testbed.restart({ openflowPort: 0 });
  expect((await links()).filter(({ up }) => up)).toHaveLength(LINKS.length);
  await Promise.all(names.map((name) => lab.setController(name, vtap.target)));
  await vtap.synced(...names.map((_, index) => dpid(index + 1)));
  // Long enough for every port to be probed again.
  lab.clear();
  await waitFor(() => lab.frames("h20").filter(isOwnProbe).length >= 4);
  for (const [index] of names.entries()) expect(await vtap.modsSent(dpid(index + 1))).toBe(0);
  expect(await everyLink()).toBe(true);
});
