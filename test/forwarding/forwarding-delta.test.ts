// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FlowKey, type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import { compileForwarding, forwardingDelta } from "../../src/forwarding/index.ts";
import {
  type ForwardingProfile,
  NOTHING_DISCOVERED,
  Topology,
  type TopologyEvent,
  type TopologyState,
} from "../../src/topology/index.ts";
import { configOf, dpid, type Plan, port, stateOf } from "../topology/networks.ts";

/** A network with link discovery. */
function discovering(of: Plan): TopologyState {
  return stateOf(of).withDiscovered(NOTHING_DISCOVERED);
}

type Tables = Map<string, Map<FlowKey, FlowSpec>>;

function tablesOf(topology: Topology): Tables {
  const tables = [...compileForwarding(topology)];
  return new Map(
    tables.map(([at, flows]) => [at, new Map(flows.map((each) => [flowKey(each), each]))]),
  );
}

const plan: Plan = {
  profiles: ["paths", "paths", "normal", "paths", { table: 9 }],
  links: [
    [1, 10, 2, 11],
    [2, 12, 4, 13, 2],
    [4, 14, 1, 15],
    [2, 16, 3, 17],
    [3, 18, 4, 19],
    [4, 20, 5, 21],
  ],
  hosts: [
    [1, 1],
    [2, 1],
    [2, 1],
    [4, 2],
  ],
};

const change = fc.oneof(
  fc.record({
    type: fc.constant("portChanged" as const),
    dpid: fc.integer({ min: 1, max: 5 }).map(dpid),
    port: fc
      .tuple(fc.integer({ min: 1, max: 21 }), fc.boolean())
      .map(([no, up]) => port(no, `p${no}`, up)),
  }),
  fc.record({
    type: fc.constant("portRemoved" as const),
    dpid: fc.integer({ min: 1, max: 5 }).map(dpid),
    port: fc.integer({ min: 1, max: 21 }).map((no) => port(no).no),
  }),
  fc.record({
    type: fc.constant("switchConnected" as const),
    dpid: fc.integer({ min: 1, max: 6 }).map(dpid),
    ports: fc.subarray(Array.from({ length: 21 }, (_, index) => port(index + 1))),
  }),
  fc.record({
    type: fc.constant("addHost" as const),
    mac: fc.nat({ max: 3 }),
    at: fc.integer({ min: 1, max: 5 }),
    port: fc.integer({ min: 1, max: 4 }),
    use: fc.constantFrom({}, {}, { role: "monitor" as const }),
  }),
  fc.record({ type: fc.constant("removeHost" as const), mac: fc.nat({ max: 3 }) }),
  fc.record({
    type: fc.constant("reload" as const),
    withoutLink: fc.nat({ max: 8 }),
    weights: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 6, maxLength: 6 }),
    profile: fc.constantFrom<ForwardingProfile>("paths", "normal", { table: 9 }),
    hostAt: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    type: fc.constant("discovered" as const),
    at: fc.integer({ min: 1, max: 5 }),
    probing: fc.subarray([1, 2, 3, 10, 11, 12]),
    peer: fc.integer({ min: 1, max: 5 }),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(state: TopologyState, event: Change): TopologyState {
  switch (event.type) {
    case "addHost": {
      const host = {
        mac: event.mac,
        ips: [],
        dpid: dpid(event.at),
        port: event.port,
        ...event.use,
      };
      const added = state.addHost(host);
      return added.ok ? added.state : state;
    }
    case "removeHost": {
      const removed = state.removeHost(event.mac);
      return removed.ok ? removed.state : state;
    }
    case "reload": {
      const links = plan.links.map(
        ([a, aPort, b, bPort], index) => [a, aPort, b, bPort, event.weights[index]] as const,
      );
      return state.withConfig(
        configOf({
          profiles: plan.profiles.with(1, event.profile),
          links: links.filter((_, index) => index !== event.withoutLink),
          hosts: plan.hosts?.with(0, [event.hostAt, 1]) ?? [],
        }),
      );
    }
    case "discovered": {
      const [a, b] = [Math.min(event.at, event.peer), Math.max(event.at, event.peer)];
      const at = (n: number) => ({ dpid: dpid(n), port: port(20).no });
      const links = a === b ? [] : [{ a: at(a), b: at(b), state: "up" as const }];
      const probing = new Map([[dpid(event.at), new Set(event.probing.map((no) => port(no).no))]]);
      return state.withDiscovered({ links, probing });
    }
    default:
      return state.apply(event satisfies TopologyEvent);
  }
}

test("applied to the tables of one snapshot, the delta gives those of the next", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      let state = discovering(plan);
      let topology = Topology.empty;
      const tables: Tables = new Map();
      for (const event of [undefined, ...changes]) {
        if (event) state = apply(state, event);
        for (const [at, { set, delete: gone }] of forwardingDelta(topology, state.topology)) {
          const table = tables.get(at) ?? new Map<FlowKey, FlowSpec>();
          for (const key of gone) expect(table.delete(key)).toBe(true);
          for (const flow of set) table.set(flowKey(flow), flow);
          if (table.size > 0) tables.set(at, table);
          else tables.delete(at);
        }
        topology = state.topology;
        expect(tables).toEqual(tablesOf(topology));
      }
    }),
    { numRuns: 200 },
  );
});

test("unchanged entries are not set again", () => {
  const state = discovering(plan);
  expect(forwardingDelta(state.topology, discovering(plan).topology)).toEqual(new Map());
  const added = state.addHost({ mac: 7, ips: [], dpid: dpid(1), port: 1 });
  if (!added.ok) throw new Error("refused");
  const sizes = [...forwardingDelta(state.topology, added.state.topology).values()].map(
    ({ set, delete: gone }) => [set.length, gone.length],
  );
  expect(sizes).toEqual([
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
});
