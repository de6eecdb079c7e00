// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { SwitchDatabases } from "../../../src/controller/databases/switch-databases.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Json, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";
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
  readonly replica = new Replica(SWITCH_DATABASE, { maxRows: 100, maxAtoms: 1000 });
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
