// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import type { InterfaceFacts } from "../../../src/controller/interfaces/interface-facts.ts";
import { InterfaceRegistry } from "../../../src/controller/interfaces/interface-registry.ts";
import type { ShownInterface } from "../../../src/controller/interfaces/interfaces-of-bridge.ts";
import { complete } from "../../../src/lang/steps.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";

const [MAC, OTHER_MAC] = [0xfa0000000001, 0xfa0000000002];
const [A, B] = [{}, {}] as [OvsdbSession, OvsdbSession];

let registry: InterfaceRegistry;
let changes: number;
beforeEach(() => {
  changes = 0;
  registry = new InterfaceRegistry(function* () {
    yield;
    changes++;
  });
});

type Placed = Omit<ShownInterface, "appeared">;

/** The interface `vm` at a port; each port has a row of its own. */
function at(dpid: number, port: number, change: Partial<Placed> = {}): Placed {
  const place = { dpid: String(dpid).padStart(16, "0") as Dpid, port: port as PortNo };
  return { iface: "vm", facts: { mac: MAC }, row: `${dpid}/${port}`, at: place, ...change };
}

let shown: Map<OvsdbSession, readonly ShownInterface[]>;
let appeared: number;
beforeEach(() => {
  shown = new Map();
  appeared = 0;
});

/** A session shows these interfaces. Those of rows that it did not show before by the same name appear. */
function show(session: OvsdbSession, ...found: readonly Placed[]): void {
  const before = shown.get(session) ?? [];
  const now = found.map((each) => {
    const same = before.find(({ row, iface }) => row === each.row && iface === each.iface);
    return { ...each, appeared: same?.appeared ?? ++appeared };
  });
  shown.set(session, now);
  complete(registry.show(session, session === A ? "hv1" : "hv2", now));
}

function state(source: "portsFile" | "southbound", facts: Record<string, InterfaceFacts>): void {
  complete(registry.state(source, new Map(Object.entries(facts))));
}

function place(iface = "vm"): string | undefined {
  const known = registry.interfaces.get(iface)?.at;
  return known && `${Number(known.dpid)}/${known.port}`;
}

function hostPlace(mac = MAC): string | undefined {
  const host = registry.hosts.get(mac);
  return host && `${host.name} at ${Number(host.dpid)}/${host.port}`;
}

test("an interface moves to where it appears last, and stays there when the first goes", () => {
  show(A, at(1, 1));
  show(B, at(2, 5));
  expect(place()).toBe("2/5");
  show(A, at(1, 1));
  expect(place()).toBe("2/5");
  show(A);
  expect([place(), hostPlace()]).toEqual(["2/5", "vm at 2/5"]);
});

test("an interface that returns before its old place goes is where it returned", () => {
  show(A, at(1, 1));
  show(B, at(2, 5));
  show(B);
  expect(place()).toBe("1/1");
});

test("within one database the place that is new counts", () => {
  show(A, at(1, 1));
  show(A, at(1, 1), at(2, 5));
  expect(place()).toBe("2/5");
  show(A, at(2, 6));
  expect(place()).toBe("2/6");
});

test("an interface that is gone stays, and nothing is published when it returns", () => {
  show(A, at(1, 1));
  show(A);
  expect([place(), registry.interfaces.get("vm")?.isPresent]).toEqual(["1/1", false]);
  const before = registry.hosts;
  show(A, at(1, 1));
  expect(registry.hosts).toBe(before);
  expect(registry.interfaces.get("vm")?.isPresent).toBe(true);
});

test("one that is gone loses its port to any other row there", () => {
  for (const stranger of [
    at(1, 1, { iface: "x", facts: {}, row: "r" }),
    at(1, 1, { iface: undefined, row: "r" }),
    at(1, 1, { iface: "x", facts: {} }),
  ]) {
    show(A, at(1, 1));
    show(A);
    show(A, stranger);
    expect([place(), hostPlace()]).toEqual([undefined, undefined]);
    // Its name is still known.
    expect(registry.interfaces.get("vm")?.isPresent).toBe(false);
    show(A, at(1, 2));
    expect(place()).toBe("1/2");
    show(A);
  }
});

test("an interface and a stranger at its port may be in one update", () => {
  show(A, at(1, 1));
  show(A, at(1, 1, { iface: "stranger", facts: { mac: OTHER_MAC }, row: "new" }));
  expect([place(), place("stranger")]).toEqual([undefined, "1/1"]);
  expect([hostPlace(), hostPlace(OTHER_MAC)]).toEqual([undefined, "stranger at 1/1"]);
});

test("renumbering: another port, and another address of the same interface", () => {
  show(A, at(1, 1));
  show(A, at(1, 7, { row: "1/1" }));
  expect([place(), hostPlace()]).toEqual(["1/7", "vm at 1/7"]);
  show(A, at(1, 7, { row: "1/1", facts: { mac: OTHER_MAC } }));
  expect([hostPlace(), hostPlace(OTHER_MAC)]).toEqual([undefined, "vm at 1/7"]);
});

test("of two interfaces with one address the first is the host while it is there", () => {
  show(A, at(1, 1));
  const thief = at(2, 5, { iface: "thief" });
  show(B, thief);
  expect(hostPlace()).toBe("vm at 1/1");
  show(A);
  expect(hostPlace()).toBe("thief at 2/5");
  show(A, at(1, 1));
  expect(hostPlace()).toBe("vm at 1/1");
});

test("all names of a workload lead to its interfaces", () => {
  show(A, at(1, 1, { facts: { mac: MAC, workloads: ["uuid"] } }));
  show(B, at(2, 5, { iface: "second", facts: { workloads: ["uuid", "web"] } }));
  const names = (name: string) => registry.interfaces.ofWorkload(name).map(({ iface }) => iface);
  expect([names("uuid"), names("web"), names("?")]).toEqual([["second", "vm"], ["second"], []]);
  show(B, at(2, 5, { iface: "second", facts: {} }));
  expect([names("uuid"), names("web")]).toEqual([["vm"], []]);
});

test("the ports file precedes the Southbound database, and that the rows of interfaces", () => {
  show(A, at(1, 1, { facts: { mac: MAC, workloads: ["row"] } }));
  state("southbound", { vm: { mac: OTHER_MAC, project: "red", labels: ["port"] } });
  expect([hostPlace(), hostPlace(OTHER_MAC)]).toEqual([undefined, "vm at 1/1"]);
  state("portsFile", { vm: { mac: MAC, name: "web", workloads: ["file"] } });
  expect(hostPlace()).toBe("web at 1/1");
  const known = registry.hosts.get(MAC);
  expect(known).toMatchObject({ project: "red", workloads: ["file", "row", "port"] });
  const trusted = (name: string) =>
    registry.interfaces.ofWorkload(name, { isTrusted: true }).length;
  expect([trusted("file"), trusted("row"), trusted("port")]).toEqual([1, 1, 0]);
  state("portsFile", {});
  expect(hostPlace(OTHER_MAC)).toBe("vm at 1/1");
});

test("of two hypervisors that show an interface the one of its chassis counts", () => {
  show(A, at(1, 1));
  show(B, at(2, 5));
  state("southbound", { vm: { system: "hv1" } });
  expect(place()).toBe("1/1");
  state("southbound", { vm: { system: "hv2" } });
  expect(place()).toBe("2/5");
  // One of which no database is there does not hide it.
  state("southbound", { vm: { system: "hv3" } });
  expect(place()).toBe("2/5");
});

test("an interface that every hypervisor has is not known", () => {
  show(A, at(1, 1));
  state("southbound", { vm: { isEverywhere: true } });
  expect([place(), hostPlace()]).toEqual([undefined, undefined]);
  expect(registry.interfaces.get("vm")).toBeUndefined();
  state("southbound", {});
  expect(place()).toBe("1/1");
});

test("what differs is published once for each update", () => {
  show(A, at(1, 1), at(1, 2, { iface: "second", facts: {} }));
  show(A, at(1, 1), at(1, 2, { iface: "second", facts: {} }));
  state("southbound", { unknown: { mac: 5 } });
  expect(changes).toBe(1);
});
