// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { describedBridge } from "../../../src/controller/tap-bridges/described-bridge.ts";
import { desiredPatches } from "../../../src/controller/tap-bridges/desired-patches.ts";
import { bridgeNamed, tapBridgeDpid } from "../../../src/controller/tap-bridges/own-rows.ts";
import { PortNames } from "../../../src/controller/tap-bridges/port-names.ts";
import { planTapBridge } from "../../../src/controller/tap-bridges/tap-bridge-plan.ts";
import {
  type Dpid,
  type PatchedPort,
  type PortNo,
  patchKey,
  patchNames,
} from "../../../src/topology/index.ts";
import { DatabaseRows, DPID, ROOT, SOURCE_ROW } from "./database-rows.ts";

const OWN = {
  dpid: tapBridgeDpid(ROOT, "br-vtap"),
  name: "s1.br-vtap",
  conflict: undefined,
  noController: undefined,
};

const patched = (port: number, use: PatchedPort["use"]): PatchedPort => ({
  ...{ dpid: DPID as Dpid, port: port as PortNo, use },
});
const keyOf = (port: number, use: PatchedPort["use"]) => patchKey(patched(port, use));
const nameOf = (port: number, use: PatchedPort["use"]) =>
  patchNames(patched(port, use), "0a").source;
/** Of OpenVTAPs: those of the first two have the same mark in names. */
const [OURS, THEIRS, OTHERS] = ["0aee", "0aff", "0bff"];

function bridgeIn(rows: DatabaseRows, name = "br-int") {
  const found = bridgeNamed(rows.replica(), name);
  if (found === undefined) throw new Error("no bridge");
  return found;
}

function described(
  rows: DatabaseRows,
  requested: readonly PatchedPort[],
  names = new PortNames(rows.replica(), OURS),
  bridge = bridgeIn(rows),
  crossing: ReadonlyMap<string, string> = new Map(),
) {
  const source = { bridge, first: bridge, requested, crossing, label: OURS, names };
  return describedBridge(rows.replica(), OWN, source);
}

/** Makes what is not refused, as OpenVTAP `label` does by a bridge of its own. */
function bring(rows: DatabaseRows, requested: readonly PatchedPort[], label = OURS) {
  const bridge = described(rows, requested);
  const patches = [...desiredPatches(requested, bridge, () => true).values()];
  const own = { name: `br-${label}`, label, root: ROOT, controller: "tcp:127.0.0.1:6653" };
  const sources = [{ bridge: bridgeIn(rows), isMirrored: true, patches }];
  const plan = planTapBridge(rows.replica(), { ...own, dpid: OWN.dpid }, sources);
  rows.carryOut(plan.operations);
}

const REQUESTED = [
  ...[patched(1, "sent"), patched(3, "received"), patched(3, "copies"), patched(4, "sent")],
];

test("ports whose frames a mirror changes get no patch ports, unless for copies", () => {
  const bridge = described(new DatabaseRows(), REQUESTED);
  expect([...bridge.refused]).toEqual([
    [keyOf(3, "received"), expect.stringContaining("port p3 is a bond")],
    [keyOf(4, "sent"), expect.stringContaining("vlan_mode native-tagged")],
  ]);
  expect([...desiredPatches(REQUESTED, bridge, () => true).keys()]).toEqual([
    ...[keyOf(1, "sent"), keyOf(3, "copies")],
  ]);
});

test("ports that are refused share no mirror", () => {
  const rows = new DatabaseRows();
  for (let n = 0; n < 32; n++) rows.addMirror(`theirs${n}`);
  expect([...(described(rows, REQUESTED).shared?.keys() ?? [])]).toEqual([keyOf(1, "sent")]);
});

test("a name that the database has already is an obstacle of that port alone", () => {
  const rows = new DatabaseRows();
  const both = [patched(1, "sent"), patched(2, "sent")];
  bring(rows, [patched(1, "sent")], THEIRS);
  expect([...described(rows, both).refused]).toEqual([
    [keyOf(1, "sent"), expect.stringContaining("is marked openvtap-tap=0aff: remove it")],
  ]);
  bring(rows, both);
  expect(rows.names("Mirror")).toEqual([
    ...[`openvtap-${nameOf(1, "sent")}`, `openvtap-${nameOf(2, "sent")}`],
  ]);
  // What is there already is no obstacle.
  expect([...described(rows, both).refused.keys()]).toEqual([keyOf(1, "sent")]);
  const { own } = patchNames(patched(3, "copies"), "0a");
  rows.addPort(SOURCE_ROW, own);
  expect([...described(rows, [patched(3, "copies"), patched(2, "sent")]).refused]).toEqual([
    [keyOf(3, "copies"), expect.stringContaining(`ovs-vsctl del-port br-int ${own}`)],
  ]);
});

test("the patch ports of another OpenVTAP have other names", () => {
  const rows = new DatabaseRows();
  bring(rows, [patched(1, "sent")], OTHERS);
  expect(described(rows, [patched(1, "sent")]).refused.size).toBe(0);
  bring(rows, [patched(1, "sent")]);
  expect(rows.names("Mirror")).toEqual(["openvtap-vt0a00a1-1s", "openvtap-vt0b00a1-1s"]);
});

test("names have the length of names of interfaces", () => {
  const { source, own } = patchNames(patched(65_280, "received"), "ff");
  expect([source, own]).toEqual(["vtff00a1-65280r", "voff00a1-65280r"]);
  expect(source).toHaveLength(15);
});

test("bridges whose patch ports have the same names do not have the same ones", () => {
  const rows = new DatabaseRows();
  rows.addBridge("br-ex", {});
  const names = new PortNames(rows.replica(), OURS);
  const one = [patched(1, "sent"), patched(2, "sent")];
  // Both datapath ids are the same in 16 bits.
  const twin = { ...patched(1, "sent"), dpid: "00a1000000000000" as Dpid };
  const more = { ...twin, port: 5 as PortNo };
  expect(described(rows, one, names).refused.size).toBe(0);
  const other = described(rows, [twin, more], names, bridgeIn(rows, "br-ex"));
  expect([...other.refused]).toEqual([
    [patchKey(twin), expect.stringContaining("bridges br-ex and br-int have datapath ids")],
  ]);
  // Also after a restart.
  bring(rows, one);
  const again = new PortNames(rows.replica(), OURS);
  const first = described(rows, [twin, more], again, bridgeIn(rows, "br-ex"));
  expect([...first.refused.keys()]).toEqual([patchKey(twin)]);
});

test("a shared pair whose name is taken is an obstacle of all ports that share it", () => {
  const rows = new DatabaseRows();
  for (let n = 0; n < 30; n++) rows.addMirror(`theirs${n}`);
  rows.addPort(SOURCE_ROW, nameOf(0, "sent"));
  rows.addPort(SOURCE_ROW, "p6", 6);
  const { refused } = described(rows, [patched(1, "sent"), patched(2, "sent"), patched(6, "sent")]);
  expect([...refused]).toEqual([
    [keyOf(1, "sent"), expect.stringContaining(`needs the name ${nameOf(0, "sent")}`)],
    [keyOf(6, "sent"), expect.stringContaining(`needs the name ${nameOf(0, "sent")}`)],
  ]);
});

test("what is refused for the sake of other policies has no patch port", () => {
  const rows = new DatabaseRows();
  const names = new PortNames(rows.replica(), OURS);
  const crossing = new Map([[keyOf(1, "received"), "copies would be copied again"]]);
  const requested = [patched(1, "received"), patched(1, "sent")];
  const bridge = described(rows, requested, names, bridgeIn(rows), crossing);
  expect([...bridge.refused]).toEqual([...crossing]);
  expect([...desiredPatches(requested, bridge, () => true).keys()]).toEqual([keyOf(1, "sent")]);
});
