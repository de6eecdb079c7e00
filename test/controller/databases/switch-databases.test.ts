// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { SwitchDatabases } from "../../../src/controller/databases/switch-databases.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Json, type Operation, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { type Dpid, TopologyState } from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const S1 = "0000000000000001" as Dpid;
const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;
const [ROOT, BRIDGE] = [id(1), id(2)];

let clock: FakeClock;
let events: Extract<ControllerEvent, { type: "switchDatabase" }>[];
let databases: SwitchDatabases;
let limits: Dpid[];

/** What the databases are asked of a session. */
class PretendSession {
  readonly replica = new Replica(SWITCH_DATABASE, { maxRows: 1000, maxAtoms: 100_000 });
  readonly root = ROOT;
  readonly peer: string;
  readonly isTls: boolean;
  readonly certificate: string | undefined;
  isOpen = true;
  isConsistent = true;

  constructor(peer: string, certificate?: string) {
    this.peer = peer;
    this.isTls = certificate !== undefined;
    this.certificate = certificate;
    const bridge = { name: "br0", datapath_id: S1, fail_mode: "secure" };
    this.apply({ Open_vSwitch: { [ROOT]: { new: {} } }, Bridge: { [BRIDGE]: { new: bridge } } });
  }

  /** By the uuids of rows. */
  readonly statistics = new Map<string, ReadonlyMap<string, unknown>>();
  /** How many rows each transaction reads. */
  readonly reads: number[] = [];

  async transact(operations: readonly Operation[]) {
    this.reads.push(operations.length);
    const results = operations.map(({ json }) => {
      const { where } = json as unknown as { where: [[string, string, [string, string]]] };
      return [{ statistics: this.statistics.get(where[0][2][1]) ?? new Map() }];
    });
    return { type: "committed", results };
  }

  apply(tables: Json): void {
    complete(this.replica.apply({ form: "full", tables }));
  }

  get session(): OvsdbSession {
    return this as unknown as OvsdbSession;
  }
}

beforeEach(() => start());

function start(pins: ReadonlyMap<Dpid, readonly string[]> = new Map()): void {
  clock = new FakeClock();
  events = [];
  limits = [];
  const bus = new EventBus();
  bus.subscribe((event) => {
    if (event.type === "switchDatabase") events.push(event);
  });
  const config = { switches: [{ dpid: S1, name: "s1", forwarding: "paths" as const }] };
  const state = TopologyState.empty.withConfig({ ...config, links: [], hosts: [] });
  databases = new SwitchDatabases({
    ...{ topology: () => state.topology, pins, events: bus, logger: silentLogger, clock },
    now: () => new Date(clock.now()).toISOString(),
  });
  databases.subscribeVlanLimits((dpid) => limits.push(dpid));
}

async function settled(): Promise<void> {
  clock.advance(100);
  await databases.idle();
  // Events are published in later turns when one has lasted long.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function up(peer: string, certificate?: string): Promise<PretendSession> {
  const session = new PretendSession(peer, certificate);
  databases.handlers.up(session.session);
  await settled();
  return session;
}

async function changed(session: PretendSession, tables: Json): Promise<void> {
  session.apply(tables);
  databases.handlers.changed(session.session);
  await settled();
}

async function down(session: PretendSession): Promise<void> {
  session.isOpen = false;
  databases.handlers.down(session.session, "gone");
  await settled();
}

test("a session is joined with its switch by the datapath id, from its start to its end", async () => {
  expect(databases.view(S1)).toBeUndefined();
  const session = await up("192.0.2.1:4000");
  expect(databases.view(S1)).toMatchObject({
    ...{ connected: true, address: "192.0.2.1:4000", transport: "tcp", reasons: [] },
    settings: { bridge: "br0", failMode: "secure", vlanLimit: 1, datapathType: "system" },
  });
  await down(session);
  expect(databases.view(S1)).toEqual({
    ...{ connected: false, since: "1970-01-01T00:00:00.200Z", reasons: [] },
  });
  expect(events.map(({ state }) => state)).toEqual(["connected", "disconnected"]);
});

test("a bridge in fail mode standalone is a danger, and the change is an event", async () => {
  const session = await up("192.0.2.1:4000");
  await changed(session, {
    Bridge: { [BRIDGE]: { new: { name: "br0", datapath_id: S1, fail_mode: ["set", []] } } },
  });
  expect(databases.view(S1)?.reasons).toEqual([
    expect.stringMatching(/^the fail mode is standalone/),
  ]);
  expect(events.at(-1)).toMatchObject({
    ...{ state: "changed", switch: "s1" },
    ...{ old: { failMode: "secure" }, new: { failMode: "standalone" } },
  });
});

test("rows of which only a part is received yet are not compared", async () => {
  const session = await up("192.0.2.1:4000");
  session.isConsistent = false;
  await changed(session, { Bridge: { [BRIDGE]: { new: { name: "br9", datapath_id: S1 } } } });
  expect(events).toHaveLength(1);
  session.isConsistent = true;
  databases.handlers.changed(session.session);
  await settled();
  expect(events.at(-1)).toMatchObject({ state: "changed", new: { bridge: "br9" } });
});

test("changes without a difference are no events", async () => {
  const session = await up("192.0.2.1:4000");
  await changed(session, { Open_vSwitch: { [ROOT]: { new: { cur_cfg: 7 } } } });
  expect(events).toHaveLength(1);
});

test("the first session that shows a datapath id counts until it ends", async () => {
  const first = await up("192.0.2.1:4000");
  const second = await up("192.0.2.66:4000");
  await changed(second, { Bridge: { [BRIDGE]: { new: { name: "other", datapath_id: S1 } } } });
  expect(databases.view(S1)).toMatchObject({ address: "192.0.2.1:4000", reasons: [] });
  expect(events).toHaveLength(1);
  await down(first);
  expect(databases.view(S1)).toMatchObject({ address: "192.0.2.66:4000" });
  expect(events.at(-1)).toMatchObject({ state: "changed", new: { bridge: "other" } });
});

test("a pinned switch is shown by a peer with its certificate, or by a socket of this machine", async () => {
  start(new Map([[S1, ["ab"]]]));
  await up("192.0.2.66:4000");
  await up("192.0.2.66:4001", "cd");
  expect(databases.view(S1)).toBeUndefined();
  await up("unix:/run/db.sock");
  expect(databases.view(S1)).toMatchObject({ transport: "unix" });
  start(new Map([[S1, ["ab"]]]));
  await up("192.0.2.1:4000", "ab");
  expect(databases.view(S1)).toMatchObject({ transport: "tls" });
});

test("tags are probed again when the limit changes, and when the switch has taken it over", async () => {
  const session = await up("192.0.2.1:4000");
  const root = (limit: string, config: number): Json => ({
    Open_vSwitch: {
      [ROOT]: { new: { other_config: ["map", [["vlan-limit", limit]]], cur_cfg: config } },
    },
  });
  await changed(session, root("1", 1));
  expect(limits).toEqual([]);
  await changed(session, root("2", 1));
  expect(limits).toEqual([S1]);
  await changed(session, root("2", 2));
  expect(limits).toEqual([S1, S1]);
  await changed(session, root("2", 3));
  expect(limits).toEqual([S1, S1]);
});

test("nothing is kept of switches that the network does not have", async () => {
  const session = new PretendSession("192.0.2.1:4000");
  const other = "00000000000000aa" as Dpid;
  session.apply({ Bridge: { [BRIDGE]: { new: { name: "br0", datapath_id: other } } } });
  databases.handlers.up(session.session);
  await settled();
  expect(databases.view(other)).toMatchObject({ connected: true });
  await down(session);
  expect(databases.view(other)).toBeUndefined();
  expect(events).toEqual([]);
});

test("losses of ports are read some ports at a time, and the load of the machine beside", async () => {
  const session = new PretendSession("192.0.2.1:4000");
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  const [port, iface] = [(n: number) => id(1000 + n), (n: number) => id(2000 + n)];
  const rows = (row: (n: number) => [string, Json]): Json =>
    Object.fromEntries(numbers.map((n) => row(n)));
  const ports: Json = ["set", numbers.map((n) => ["uuid", port(n)])];
  session.apply({
    Bridge: { [BRIDGE]: { new: { name: "br0", datapath_id: S1, fail_mode: "secure", ports } } },
    Port: rows((n) => [port(n), { new: { name: `p${n}`, interfaces: ["uuid", iface(n)] } }]),
    Interface: rows((n) => [iface(n), { new: { name: `p${n}`, ofport: n + 1 } }]),
  });
  session.statistics.set(
    iface(70),
    new Map([
      ["rx_dropped", 3],
      ["rx_packets", 9],
    ]),
  );
  session.statistics.set(
    ROOT,
    new Map([
      ["cpu", "4"],
      ["load_average", "1.25,0.50,0.25"],
      ["process_ovs-vswitchd", "900000,45000,1234560,0,86400000,86400000"],
    ]),
  );
  databases.handlers.up(session.session);
  await settled();
  expect(databases.view(S1)).not.toHaveProperty("losses");
  databases.audited(S1);
  await settled();
  expect(session.reads).toEqual([64, 36, 1]);
  expect(databases.view(S1)).toMatchObject({
    losses: { ports: [{ port: "p70", number: 71, counts: { rx_dropped: 3 } }] },
    load: {
      ...{ processors: 4, averages: [1.25, 0.5, 0.25] },
      vswitchd: { memoryKib: 45_000, cpuMs: 1_234_560, upMs: 86_400_000 },
    },
  });
});

test("a switch in fail mode standalone deletes its entries unless another controller is connected", async () => {
  expect(databases.deletesEntries(S1)).toBe(false);
  const changes: Dpid[] = [];
  databases.subscribeSettings((dpid) => changes.push(dpid));
  const session = await up("192.0.2.1:4000");
  expect(databases.deletesEntries(S1)).toBe(false);
  const bridge = { name: "br0", datapath_id: S1, controller: ["uuid", id(9)] };
  const controller = (is_connected: boolean) => ({
    [id(9)]: { new: { target: "tcp:a:1", is_connected } },
  });
  await changed(session, {
    Bridge: { [BRIDGE]: { new: bridge } },
    Controller: controller(true),
  });
  expect(databases.deletesEntries(S1)).toBe(false);
  await changed(session, { Controller: controller(false) });
  expect(databases.deletesEntries(S1)).toBe(true);
  await changed(session, { Controller: controller(true) });
  // What the database would say now is not known.
  await down(session);
  expect(databases.deletesEntries(S1)).toBe(true);
  expect(changes).toHaveLength(5);
});

test("a limit on what is shown of a database that claims very much", async () => {
  const session = new PretendSession("192.0.2.66:4000");
  const controllers: Json = ["set", Array.from({ length: 600 }, (_, n) => ["uuid", id(5000 + n)])];
  session.apply({
    Bridge: {
      [BRIDGE]: { new: { name: "x".repeat(1000), datapath_id: S1, controller: controllers } },
    },
    Controller: Object.fromEntries(
      Array.from({ length: 600 }, (_, n) => [id(5000 + n), { new: { target: "t".repeat(1000) } }]),
    ),
  });
  databases.handlers.up(session.session);
  await settled();
  const { settings } = databases.view(S1) ?? {};
  expect([settings?.bridge.length, settings?.controllers.length]).toEqual([256, 256]);
  expect(settings?.controllers[0]?.target).toHaveLength(256);
});
