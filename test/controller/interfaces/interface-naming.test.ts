// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import { bridgesOf } from "../../../src/controller/databases/bridge-settings.ts";
import { DEFAULT_MAPPING } from "../../../src/controller/interfaces/interface-mapping.ts";
import { InterfaceNaming } from "../../../src/controller/interfaces/interface-naming.ts";
import { InterfaceRegistry } from "../../../src/controller/interfaces/interface-registry.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Json, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";

const id = (host: number, row: number) =>
  `6f2b1f5e-000${host}-4000-8000-${String(row).padStart(12, "0")}`;
const map = (pairs: Record<string, string>): Json => ["map", Object.entries(pairs)];

let registry: InterfaceRegistry;
let naming: InterfaceNaming;

beforeEach(() => {
  registry = new InterfaceRegistry(function* () {
    yield;
  });
  naming = new InterfaceNaming(registry, DEFAULT_MAPPING);
});

interface Hypervisor {
  readonly number: number;
  /** The rows that the database has; a session has them when it is up, and receives what differs. */
  readonly rows: Record<string, Record<string, Json>>;
  session: { root: string; replica: Replica } | undefined;
}

/** A hypervisor with a bridge and one interface, which has no name yet. */
function hypervisor(number: number): Hypervisor {
  const one = (row: number): Json => ["uuid", id(number, row)];
  const datapathId = String(number).padStart(16, "0");
  const rows = {
    Open_vSwitch: { [id(number, 1)]: { bridges: one(2) } },
    Bridge: { [id(number, 2)]: { name: "br0", datapath_id: datapathId, ports: one(3) } },
    Port: { [id(number, 3)]: { name: "tap", interfaces: one(4) } },
    Interface: { [id(number, 4)]: { name: "tap", ofport: 7 } },
  };
  const host: Hypervisor = { number, rows, session: undefined };
  up(host);
  return host;
}

function asSession({ session }: Hypervisor): OvsdbSession {
  return session as unknown as OvsdbSession;
}

function receive(host: Hypervisor, tables: Json): void {
  if (!host.session) return;
  const session = asSession(host);
  const updates = { form: "full", tables } as const;
  complete(host.session.replica.apply(updates, (change) => naming.row(session, change)));
}

/** A session comes up: with a whole copy, or with `earlier` and what differs from it. */
function up(host: Hypervisor, earlier?: { replica: Replica; changes: Json }): void {
  const replica =
    earlier?.replica ?? new Replica(SWITCH_DATABASE, { maxRows: 100, maxAtoms: 1000 });
  host.session = { root: id(host.number, 1), replica };
  const all = Object.entries(host.rows).map(([table, rows]) => [
    table,
    Object.fromEntries(Object.entries(rows).map(([uuid, row]) => [uuid, { new: row }])),
  ]);
  receive(host, earlier?.changes ?? Object.fromEntries(all));
  naming.complete(asSession(host));
}

/** Its interface has this name from now on; "": none. */
function name(host: Hypervisor, iface: string, { ofport = 7 } = {}): Json {
  const externalIds = map(iface === "" ? {} : { "iface-id": iface });
  const row = { name: "tap", ofport, external_ids: externalIds };
  const update: Json = { Interface: { [id(host.number, 4)]: { new: row } } };
  host.rows.Interface = { [id(host.number, 4)]: row };
  receive(host, update);
  return update;
}

/** What sessions have received is taken over. */
function read(...hosts: readonly Hypervisor[]): void {
  for (const host of hosts) {
    const bridges = host.session ? bridgesOf(host.session.replica) : new Map();
    complete(naming.name(asSession(host), bridges));
  }
}

function down(host: Hypervisor): Replica {
  const session = host.session;
  complete(naming.name(asSession(host), new Map()));
  host.session = undefined;
  if (!session) throw new Error("it was not up");
  return session.replica;
}

function place(iface = "vm"): number | undefined {
  const at = registry.interfaces.get(iface)?.at;
  return at && Number(at.dpid);
}

describe("an interface that two hypervisors show", () => {
  let [a, b]: Hypervisor[] = [];
  const both = () => [a, b] as [Hypervisor, Hypervisor];

  beforeEach(() => {
    [a, b] = [hypervisor(1), hypervisor(2)];
    name(a, "vm");
    read(a, b);
  });

  test("is where it appeared last, before and after it has gone from the first", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    expect(place()).toBe(2);
    name(from, "");
    read(from, to);
    expect(place()).toBe(2);
  });

  test("has moved back when it has lost and regained its name between two readings", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    name(from, "");
    name(from, "vm");
    read(from, to);
    expect(place()).toBe(1);
    name(to, "other");
    name(to, "vm");
    read(from, to);
    expect(place()).toBe(2);
  });

  test("has moved back when its port has gone and returned between two readings", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    name(from, "vm", { ofport: -1 });
    name(from, "vm");
    read(from, to);
    expect(place()).toBe(1);
  });

  test.each([
    ["the first", [0, 1]],
    ["the second", [1, 0]],
  ] as const)(
    "is where it appeared last, when both are read in one turn, %s before",
    (_, order) => {
      const [from, to] = both();
      name(to, "vm");
      name(from, "");
      name(from, "vm");
      read(...order.map((index) => both()[index] as Hypervisor));
      expect(place()).toBe(1);
    },
  );

  test("stays where it is when another database that shows it goes and returns", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    down(from);
    expect(place()).toBe(2);
    up(from);
    read(from);
    expect(place()).toBe(2);
    const replica = down(from);
    up(from, { replica, changes: {} });
    read(from);
    expect(place()).toBe(2);
  });

  test("has moved when it appears in a database while that is not connected", () => {
    const [from, to] = both();
    name(to, "vm");
    name(from, "");
    read(from, to);
    down(from);
    name(from, "vm");
    up(from);
    read(from);
    expect(place()).toBe(1);
  });

  test("has moved when it appears in a database that continues from an earlier copy", () => {
    const [from, to] = both();
    name(to, "vm");
    name(from, "");
    read(from, to);
    const replica = down(from);
    up(from, { replica, changes: name(from, "vm") });
    read(from);
    expect(place()).toBe(1);
  });

  test("stays when the update of a database contains that it has gone and has returned", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    const replica = down(from);
    name(from, "");
    // What a server sends after both is that nothing differs.
    up(from, { replica, changes: name(from, "vm") });
    read(from);
    expect(place()).toBe(2);
  });

  test("stays when a second session with the database of the first comes and the first goes", () => {
    const [from, to] = both();
    name(to, "vm");
    read(from, to);
    const second = { ...from };
    up(second);
    down(from);
    read(second);
    expect(place()).toBe(2);
  });
});

test("names that stand at ports appear like those of interfaces", () => {
  const [a, b] = [hypervisor(1), hypervisor(2)];
  const namePort = (host: Hypervisor, iface: string) => {
    const ids = map(iface === "" ? {} : { "container-id": iface });
    const row = { name: "tap", interfaces: ["uuid", id(host.number, 4)], external_ids: ids };
    receive(host, { Port: { [id(host.number, 3)]: { new: row } } } as Json);
  };
  for (const host of [a, b]) namePort(host, "vm");
  read(a, b);
  expect(place()).toBe(2);
  namePort(a, "");
  namePort(a, "vm");
  read(a, b);
  expect(place()).toBe(1);
});

test("nothing is read anew while no row differs that names interfaces", () => {
  const host = hypervisor(1);
  name(host, "vm");
  expect(naming.isStale(asSession(host))).toBe(true);
  read(host);
  expect(naming.isStale(asSession(host))).toBe(false);
  receive(host, { Manager: { [id(1, 9)]: { new: { target: "tcp:192.0.2.1:6640" } } } });
  expect(naming.isStale(asSession(host))).toBe(false);
});
