// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { TapBridgeTargets } from "../../../src/controller/tap-bridges/tap-bridge-targets.ts";
import { TapBridges } from "../../../src/controller/tap-bridges/tap-bridges.ts";
import type { Operation } from "../../../src/ovsdb/index.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import { type Dpid, type PortNo, TopologyState } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { DatabaseRows, DPID, ROOT } from "./database-rows.ts";

const SOURCE = DPID as Dpid;
const ID = "p" as PolicyId;

/** A database with a bridge whose frames are handed over, and OpenVTAP's part of it. */
function tapBridges({ endpoint = "192.0.2.1", isConnected = true } = {}) {
  const rows = new DatabaseRows();
  const session = {
    ...{ isConsistent: true, root: ROOT, peer: "unix:/db.sock" },
    get replica() {
      return rows.replica();
    },
    transact: async (operations: readonly Operation[]) => {
      // Without those that wait for the switch.
      rows.carryOut(operations.slice(2));
      return { type: "committed", results: [1, [{ nextConfig: 1 }]] };
    },
    until: async () => "met",
  } as unknown as OvsdbSession;
  const forwarding = { beside: { mirrors: true, endpoint } } as const;
  const switches = [{ dpid: SOURCE, name: "s1", forwarding }];
  const network = {
    state: TopologyState.empty.withConfig({ switches, links: [], hosts: [] }),
    replaced: 0,
    get topology() {
      return this.state.topology;
    },
    replace(state: TopologyState) {
      this.state = state;
      this.replaced++;
    },
  };
  const clock = new FakeClock();
  let plan: PolicyPlan | undefined;
  let isClear = false;
  const bridges = new TapBridges({
    ...{ network, clock, mayWrite: true, name: "br-vtap", label: "0aee" },
    databases: {
      connected: isConnected ? [SOURCE] : [],
      sessionOf: () => (isConnected ? session : undefined),
    },
    places: new TapBridgeTargets("tcp:127.0.0.1:6653"),
    tunnels: { type: "geneve", port: 61_081, dscp: 8 },
    plan: () => plan,
    created: () => "",
    entryState: () => "confirmed",
    hasDesiredAlone: () => isClear,
  } as never);
  /** Lets it follow what has changed. */
  const follow = async (what: string, isDone: () => boolean) => {
    bridges.changed();
    clock.advance(20);
    await waitFor(isDone, { what });
  };
  const setPlan = (patches: PolicyPlan["patches"], tunnels?: readonly Dpid[]) => {
    plan = patches && {
      ...{ id: ID, enabled: true, tapPoints: [], taps: [], copies: [], problems: [], unseen: [] },
      ...{ patches, ...(tunnels && { tunnels }) },
    };
    bridges.plansChanged([ID]);
    clock.advance(20);
  };
  const isCleared = (is: boolean) => {
    isClear = is;
  };
  const known = () => network.state.tapBridges.get(SOURCE);
  bridges.start();
  return { bridges, network, rows, follow, setPlan, isCleared, known, clock };
}

test("the network gets what is known of a bridge once, also where tunnels end at an IPv6 address", async () => {
  const { network, follow, known } = tapBridges({ endpoint: "2001:db8::1" });
  await follow("the bridge to be known", () => known() !== undefined);
  const first = known();
  expect(first?.overlay).toMatchObject({ endpoint: { family: 6 } });
  let looks = 0;
  await follow("a second look", () => looks++ > 5);
  expect([known(), network.replaced]).toEqual([first, 1]);
});

test("the port for tunnels comes with the policy that needs it, and stays while others may need it", async () => {
  const { rows, follow, setPlan, known, clock } = tapBridges();
  await follow("the bridge to be known", () => known() !== undefined);
  const has = (name: string) => rows.named("Port", name) !== undefined;
  const sent = { dpid: SOURCE, port: 1 as PortNo, use: "sent" } as const;
  setPlan([sent], [known()?.dpid as Dpid]);
  await follow("the port for tunnels", () => has("vo0a-overlay"));
  expect(has("vo0a00a1-1s")).toBe(true);
  setPlan([sent]);
  await waitFor(() => has("vo0a00a1-1s"));
  expect(has("vo0a-overlay")).toBe(true);
  // Its switch is not connected: it is not known yet which copies others need.
  clock.advance(60_000);
  await waitFor(() => has("vo0a-overlay"));
});

test("entries of a bridge are unknown until its database shows that it is absent, or it is read and cleared", async () => {
  const away = tapBridges({ isConnected: false }).bridges;
  expect([away.isUnknown(SOURCE), away.areAbsent([SOURCE])]).toEqual([true, false]);
  const { bridges, rows, follow, setPlan, isCleared, known } = tapBridges();
  expect(bridges.isUnknown(SOURCE)).toBe(true);
  await follow("the bridge to be known", () => known() !== undefined);
  expect([bridges.isUnknown(SOURCE), bridges.areAbsent([SOURCE])]).toEqual([false, true]);
  setPlan([{ dpid: SOURCE, port: 1 as PortNo, use: "sent" }]);
  await follow("the bridge to be made", () => rows.named("Bridge", "br-vtap") !== undefined);
  expect([bridges.isUnknown(SOURCE), bridges.areAbsent([SOURCE])]).toEqual([true, false]);
  isCleared(true);
  expect(bridges.isUnknown(SOURCE)).toBe(false);
});
