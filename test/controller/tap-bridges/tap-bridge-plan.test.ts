// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { BridgePorts } from "../../../src/controller/mirrors/bridge-ports.ts";
import type { DesiredPatch, OwnBridge } from "../../../src/controller/tap-bridges/desired-rows.ts";
import { portObstacle, sharedPorts } from "../../../src/controller/tap-bridges/mirrored-modes.ts";
import {
  bridgeNamed,
  hasOwnRows,
  nameConflict,
  tapBridgeDpid,
} from "../../../src/controller/tap-bridges/own-rows.ts";
import { planTapBridge } from "../../../src/controller/tap-bridges/tap-bridge-plan.ts";
import type { Dpid, PatchedPort, PortNo } from "../../../src/topology/index.ts";
import { LOCAL_PORT, patchKey, patchNames, SHARED_PORTS } from "../../../src/topology/index.ts";
import { DatabaseRows, DPID, elements, id, ROOT, SOURCE_ROW } from "./database-rows.ts";

const OWN = {
  ...{ name: "br-vtap", dpid: tapBridgeDpid(ROOT, "br-vtap"), label: "0aee", root: ROOT },
  controller: "tcp:127.0.0.1:6653",
};

const patch = (port: number, use: PatchedPort["use"], isReady = true): DesiredPatch => ({
  patched: { dpid: DPID as Dpid, port: port as PortNo, use },
  isReady,
});
const sourceName = (port: number, use: PatchedPort["use"]) =>
  patchNames(patch(port, use).patched, "0a").source;
const keyOf = (port: number, use: PatchedPort["use"]) => patchKey(patch(port, use).patched);

function planFor(rows: DatabaseRows, patches: readonly DesiredPatch[], own: OwnBridge = OWN) {
  const replica = rows.replica();
  const bridge = bridgeNamed(replica, "br-int");
  if (bridge === undefined) throw new Error("no bridge");
  return planTapBridge(replica, own, [{ bridge, isMirrored: true, patches }]);
}

function bring(rows: DatabaseRows, patches: readonly DesiredPatch[], own: OwnBridge = OWN) {
  const plan = planFor(rows, patches, own);
  rows.carryOut(plan.operations);
  return plan;
}

test("the bridge forwards nothing by itself, and connects to OpenVTAP alone", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  const made = rows.named("Bridge", "br-vtap");
  expect(made).toMatchObject({ fail_mode: "secure", datapath_type: "netdev" });
  expect(made?.other_config).toEqual([
    "map",
    [
      ["datapath-id", OWN.dpid],
      ["disable-in-band", "true"],
    ],
  ]);
  const [controller = ""] = elements(made?.controller);
  expect(rows.tables.Controller?.[controller]).toMatchObject({ target: OWN.controller });
  expect(rows.names("Port")).toEqual([
    ...["br-vtap", "p1", "p2", "p3", "p4"],
    ...["vo0a00a1-1s", "vt0a00a1-1s"],
  ]);
  // Another client sets another controller, and another fail mode.
  const row = rows.tables.Bridge?.[made?.id ?? ""];
  if (row) Object.assign(row, { fail_mode: "standalone", controller: ["set", []] });
  bring(rows, [patch(1, "sent")]);
  expect(rows.named("Bridge", "br-vtap")).toMatchObject({ fail_mode: "secure" });
  expect(elements(rows.named("Bridge", "br-vtap")?.controller)).toHaveLength(1);
});

test("a patch port is no part of what NORMAL floods, and keeps the tags that its port has", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent"), patch(2, "received"), patch(2, "copies")]);
  expect(rows.named("Port", sourceName(1, "sent"))).toMatchObject({
    ...{ vlan_mode: "trunk", trunks: ["set", [4095]] },
  });
  expect(rows.named("Port", sourceName(2, "received"))).toMatchObject({
    ...{ vlan_mode: "access", tag: 4095, other_config: ["map", [["priority-tags", "if-nonzero"]]] },
  });
  expect(rows.named("Port", sourceName(2, "copies"))).toMatchObject({ vlan_mode: "trunk" });
  expect(rows.names("Mirror")).toEqual(["openvtap-vt0a00a1-1s", "openvtap-vt0a00a1-2r"]);
});

test("the datapath type is that of the first bridge whose frames are handed over, and stays without one", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  rows.addPort(rows.named("Bridge", "br-vtap")?.id ?? "", "probe0");
  rows.addBridge("br-ex", { datapath_type: "system" });
  const bridge = bridgeIn(rows);
  const other = bridgeIn(rows, "br-ex");
  for (const sources of [
    [],
    [{ bridge: other, isMirrored: false, patches: [] }],
    [
      { bridge: other, isMirrored: false, patches: [] },
      { bridge, isMirrored: true, patches: [patch(1, "sent")] },
    ],
  ]) {
    rows.carryOut(planTapBridge(rows.replica(), OWN, sources).operations);
    expect(rows.named("Bridge", "br-vtap")).toMatchObject({ datapath_type: "netdev" });
  }
});

test("settings of patch ports that another client changes are set again", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  for (const [table, name, change] of [
    ["Port", sourceName(1, "sent"), { trunks: ["set", []], tag: 3 }],
    ["Interface", sourceName(1, "sent"), { options: ["map", [["peer", "x"]]] }],
    ["Mirror", "openvtap-vt0a00a1-1s", { select_src_port: ["set", []] }],
  ] as const) {
    const before = rows.named(table, name);
    Object.assign(rows.tables[table]?.[before?.id ?? ""] ?? {}, change);
    bring(rows, [patch(1, "sent")]);
    expect(planFor(rows, [patch(1, "sent")]).operations).toEqual([]);
  }
  expect(rows.named("Port", sourceName(1, "sent"))).toMatchObject({ trunks: ["set", [4095]] });
  expect(rows.named("Mirror", "openvtap-vt0a00a1-1s")?.select_src_port).toEqual([
    "set",
    [["uuid", id(11)]],
  ]);
});

test("a mirror comes when its frames are copied; then it stays while the port is needed", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent", false)]);
  expect(rows.names("Mirror")).toEqual([]);
  const { contents } = bring(rows, [patch(1, "sent")]);
  expect([...contents.keys()]).toEqual([sourceName(1, "sent")]);
  const after = planFor(rows, [patch(1, "sent", false)]);
  expect(after.operations).toEqual([]);
  expect(after.unchanged.get(sourceName(1, "sent"))).toBe(
    rows.named("Mirror", "openvtap-vt0a00a1-1s")?.id,
  );
});

test("as many mirrors as a bridge has, those of others among them", () => {
  const rows = new DatabaseRows();
  for (let n = 0; n < 31; n++) rows.addMirror(`theirs${n}`);
  const { problems } = bring(rows, [patch(1, "sent"), patch(2, "sent")]);
  expect([...problems]).toEqual([
    [sourceName(2, "sent"), expect.stringContaining("it has 32 mirrors already")],
  ]);
  expect(rows.names("Mirror")).toHaveLength(32);
});

test("ports share mirrors where there are too few: those of one mode, in each direction", () => {
  const rows = new DatabaseRows();
  for (let n = 0; n < 25; n++) rows.addMirror(`theirs${n}`);
  const requested = [patch(1, "sent"), patch(2, "sent"), patch(1, "received")];
  const shared = (more: readonly DesiredPatch[]) => [
    ...sharedPorts(
      rows.replica(),
      bridgeIn(rows),
      OWN.label,
      [...requested, ...more].map(({ patched }) => patched),
    ),
  ];
  expect(shared([])).toEqual([]);
  // What has a mirror keeps it, whatever else is requested: four mirrors are left for groups.
  bring(rows, requested);
  expect(shared([patch(5, "received"), patch(2, "received"), patch(4, "copies")])).toEqual([
    [keyOf(2, "received"), SHARED_PORTS.access],
    [keyOf(5, "received"), SHARED_PORTS.trunk],
  ]);
  // Others have more mirrors: the last ones share.
  rows.addMirror("theirs25");
  expect(shared([])).toEqual([[keyOf(2, "sent"), SHARED_PORTS.access]]);
  const few = new DatabaseRows();
  for (let n = 0; n < 30; n++) few.addMirror(`theirs${n}`);
  const group = { ...patch(SHARED_PORTS.trunk, "sent"), members: [1, 5] as PortNo[] };
  bring(few, [group]);
  const mirror = few.named("Mirror", `openvtap-${sourceName(0, "sent")}`);
  expect(elements(mirror?.select_src_port)).toEqual([id(11), id(13)]);
});

test("a shared mirror and its patch ports stay as they are while no policy says whose frames they hand over", () => {
  const rows = new DatabaseRows();
  const member = { members: [2] as PortNo[] };
  bring(rows, [
    { ...patch(SHARED_PORTS.trunk, "sent"), members: [1] as PortNo[] },
    { ...patch(SHARED_PORTS.access, "received"), ...member },
  ]);
  const before = structuredClone(rows.tables);
  const left = [
    patch(SHARED_PORTS.trunk, "sent", false),
    patch(SHARED_PORTS.access, "received", false),
  ];
  const { unchanged } = bring(rows, left);
  expect(rows.tables).toEqual(before);
  expect([...unchanged.keys()]).toEqual([
    ...[sourceName(SHARED_PORTS.trunk, "sent"), sourceName(SHARED_PORTS.access, "received")],
  ]);
  expect(rows.named("Port", sourceName(SHARED_PORTS.access, "received"))?.vlan_mode).toBe("access");
  bring(rows, []);
  expect(rows.names("Mirror")).toEqual([]);
});

test("the bridge is not removed together with a port that another client has just plugged in", () => {
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  const { operations } = planFor(rows, []);
  rows.addPort(rows.named("Bridge", "br-vtap")?.id ?? "", "probe0");
  expect(() => rows.carryOut(operations)).toThrow("ports");
  expect(rows.names("Port")).toContain("probe0");
  bring(rows, []);
  expect(rows.names("Bridge")).toContain("br-vtap");
  expect(rows.names("Port")).toEqual(["br-vtap", "p1", "p2", "p3", "p4", "probe0"]);
});

test("after a change of its name the bridge of the former name is removed", () => {
  const renamed = { ...OWN, name: "br-taps", dpid: tapBridgeDpid(ROOT, "br-taps") };
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  const before = rows.named("Port", sourceName(1, "sent"));
  bring(rows, [patch(1, "sent")], renamed);
  expect(rows.names("Bridge")).toEqual(["br-int", "br-taps"]);
  expect(rows.named("Port", sourceName(1, "sent"))).toEqual(before);
  expect(planFor(rows, [patch(1, "sent")], renamed).operations).toEqual([]);
});

test("a monitor stays in the bridge of the former name, which copies nothing", () => {
  const renamed = { ...OWN, name: "br-taps", dpid: tapBridgeDpid(ROOT, "br-taps") };
  const rows = new DatabaseRows();
  bring(rows, [patch(1, "sent")]);
  rows.addPort(rows.named("Bridge", "br-vtap")?.id ?? "", "probe0");
  bring(rows, [patch(1, "sent")], renamed);
  const former = rows.named("Bridge", "br-vtap");
  expect(elements(former?.ports).map((port) => rows.tables.Port?.[port]?.name)).toEqual([
    ...["br-vtap", "probe0"],
  ]);
  expect(elements(former?.controller)).toEqual([]);
  expect(planFor(rows, [patch(1, "sent")], renamed).operations).toEqual([]);
});

test("a bridge of this name that is another's is refused by name", () => {
  const rows = new DatabaseRows();
  expect(nameConflict(rows.replica(), OWN)).toBeUndefined();
  rows.addBridge("br-vtap", {});
  expect(nameConflict(rows.replica(), OWN)).toContain("bridge br-vtap is not OpenVTAP's");
  const theirs = new DatabaseRows();
  bring(theirs, [patch(1, "sent")], { ...OWN, label: "theirs" });
  expect(nameConflict(theirs.replica(), OWN)).toContain(
    "belongs to another OpenVTAP (openvtap-tap=theirs)",
  );
  expect(hasOwnRows(theirs.replica(), bridgeIn(theirs), OWN.label)).toBe(false);
  expect(hasOwnRows(theirs.replica(), bridgeIn(theirs), "theirs")).toBe(true);
});

test("28 ports of a bridge have a mirror of their own; more share, and move none of these", () => {
  const rows = new DatabaseRows();
  const ports = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const all = ports(101, 140).map((port) => patch(port, "sent"));
  const sharing = (count: number) =>
    sharedPorts(
      rows.replica(),
      bridgeIn(rows),
      OWN.label,
      all.slice(-count).map(({ patched }) => patched),
    );
  for (const port of ports(101, 140)) rows.addPort(SOURCE_ROW, `p${port}`, port);
  expect(sharing(28).size).toBe(0);
  bring(rows, all.slice(-28));
  // Their names come first in order.
  for (const count of [29, 32, 33, 40]) {
    const first = all.slice(-count, -28).map(({ patched }) => patchKey(patched));
    expect([...sharing(count).keys()].sort()).toEqual(first.sort());
  }
});

test("ports whose frames a mirror changes are obstacles", () => {
  const rows = new DatabaseRows();
  const replica = rows.replica();
  const ports = new BridgePorts(replica, bridgeIn(rows).ports);
  const obstacle = (port: number, use: PatchedPort["use"]) =>
    portObstacle(ports, replica, patch(port, use).patched);
  expect([1, 2].map((port) => obstacle(port, "sent"))).toEqual([undefined, undefined]);
  expect(obstacle(3, "received")).toContain("port p3 is a bond");
  expect(obstacle(4, "sent")).toContain("vlan_mode native-tagged");
  expect(obstacle(4, "copies")).toBeUndefined();
  expect(obstacle(LOCAL_PORT, "copies")).toContain("the bridge's own port");
});

function bridgeIn(rows: DatabaseRows, name = "br-int") {
  const found = bridgeNamed(rows.replica(), name);
  if (found === undefined) throw new Error("no bridge");
  return found;
}

const patchesArb = fc.uniqueArray(
  fc.record({
    port: fc.integer({ min: 1, max: 2 }),
    use: fc.constantFrom("sent" as const, "received" as const, "copies" as const),
    isReady: fc.boolean(),
  }),
  { selector: ({ port, use }) => `${port} ${use}`, maxLength: 6 },
);

test("after any requests the rows are there, no more, and nothing of others has changed", () => {
  fc.assert(
    fc.property(
      fc.array(patchesArb, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (steps, plugged) => {
        const rows = new DatabaseRows();
        rows.addMirror("theirs");
        const before = theirs(rows);
        for (const step of steps) {
          const requested = step.map(({ port, use, isReady }) => patch(port, use, isReady));
          bring(rows, requested);
          expect(planFor(rows, requested).operations).toEqual([]);
          const ours = rows.names("Port").filter((name) => /^v[to]/.test(name));
          expect(ours).toEqual(
            requested.flatMap(({ patched }) => Object.values(patchNames(patched, "0a"))).sort(),
          );
          expect(rows.names("Bridge").includes("br-vtap")).toBe(requested.length > 0);
          expect(theirs(rows)).toEqual(before);
        }
        bring(rows, [patch(1, "sent")]);
        if (plugged) rows.addPort(rows.named("Bridge", "br-vtap")?.id ?? "", "probe0");
        bring(rows, []);
        expect(theirs(rows)).toEqual(before);
        // A bridge with a port of another client stays.
        expect(rows.names("Bridge")).toEqual(plugged ? ["br-int", "br-vtap"] : ["br-int"]);
      },
    ),
  );
});

/** What OpenVTAP has not made. */
function theirs(rows: DatabaseRows) {
  const { ports, mirrors, ...row } = rows.tables.Bridge?.[SOURCE_ROW] ?? {};
  const isTheirs = ({ external_ids }: { external_ids?: unknown }) => external_ids === undefined;
  return structuredClone([
    row,
    ...[rows.tables.Port, rows.tables.Mirror].map((table) =>
      Object.entries(table ?? {}).filter(
        ([, each]) => isTheirs(each) && each.name !== "br-vtap" && each.name !== "probe0",
      ),
    ),
  ]);
}

test("the port for tunnels is made with the bridge, set as it is to be, and removed", () => {
  const rows = new DatabaseRows();
  const tunnel = { name: "vo0a-overlay", type: "geneve", options: new Map([["key", "flow"]]) };
  const tunnelled = { ...OWN, tunnel };
  // At the far end no frames may be handed over.
  bring(rows, [], tunnelled);
  expect(rows.named("Interface", tunnel.name)).toMatchObject({
    type: "geneve",
    options: ["map", [["key", "flow"]]],
  });
  expect(planFor(rows, [], tunnelled).operations).toEqual([]);
  const other = { ...tunnel, options: new Map([["key", "7"]]) };
  bring(rows, [], { ...OWN, tunnel: other });
  expect(rows.named("Interface", tunnel.name)).toMatchObject({ options: ["map", [["key", "7"]]] });
  bring(rows, [patch(1, "sent")]);
  expect(rows.named("Port", tunnel.name)).toBeUndefined();
  bring(rows, [], tunnelled);
  bring(rows, []);
  expect(rows.named("Bridge", "br-vtap")).toBeUndefined();
});
