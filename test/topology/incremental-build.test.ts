// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  NOTHING_DISCOVERED,
  type Topology,
  type TopologyState,
  topologyChanges,
} from "../../src/topology/index.ts";
import { configOf, dpid, hostMac, type Plan, port, stateOf } from "./networks.ts";

const plan: Plan = {
  profiles: ["paths", "normal", "paths"],
  links: [
    [1, 10, 2, 11],
    [2, 12, 3, 13],
  ],
  hosts: [
    [1, 1],
    [2, 1],
    [3, 2],
  ],
};

const mac = fc.integer({ min: 1, max: 8 }).map(hostMac);
const place = { at: fc.integer({ min: 1, max: 3 }).map(dpid), no: fc.integer({ min: 1, max: 4 }) };
const live = [
  fc.record({
    type: fc.constant("learned" as const),
    hosts: fc.uniqueArray(fc.record({ mac, ...place }), { selector: (host) => host.mac }),
  }),
  fc.record({
    type: fc.constant("connected" as const),
    at: place.at,
    ports: fc.subarray([1, 2, 3, 4, 10, 11, 12, 13]),
  }),
  fc.record({
    type: fc.constant("port" as const),
    ...place,
    change: fc.constantFrom("up", "down", "gone"),
  }),
  fc.record({
    type: fc.constant("discovered" as const),
    at: place.at,
    probing: fc.subarray([1, 2, 3]),
  }),
] as const;
const change = fc.oneof(
  ...live,
  fc.record({
    type: fc.constant("added" as const),
    ...{ mac, ...place, isByName: fc.boolean() },
    name: fc.option(fc.constantFrom("a", "b", "h1"), { nil: undefined }),
    ips: fc.subarray([1, 2]),
  }),
  fc.record({ type: fc.constant("removed" as const), mac }),
  fc.record({
    type: fc.constant("reload" as const),
    hosts: fc.subarray([...(plan.hosts ?? [])]),
    /** What happens while the new state is made. */
    meanwhile: fc.array(fc.oneof(...live), { maxLength: 2 }),
  }),
  fc.constant({ type: "look" as const }),
);
type LiveChange = (typeof live)[number] extends fc.Arbitrary<infer T> ? T : never;
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const ips = [
  { family: 4, value: 0x0a000001 },
  { family: 4, value: 0x0a000002 },
] as const;

/** `isWhole`: the files change after what happens meanwhile, instead of beside it. */
function apply(state: TopologyState, event: Change | LiveChange, isWhole: boolean): TopologyState {
  switch (event.type) {
    case "added": {
      const where = event.isByName ? `p${event.no}` : event.no;
      const named = event.name === undefined ? {} : { name: event.name };
      const added = state.addHost({
        ...named,
        mac: event.mac,
        ips: event.ips.flatMap((index) => ips[index - 1] ?? []),
        ...{ dpid: event.at, port: where },
      });
      return added.ok ? added.state : state;
    }
    case "removed": {
      const removed = state.removeHost(event.mac);
      return removed.ok ? removed.state : state;
    }
    case "learned":
      return state.withLearnedHosts(
        new Map(
          event.hosts.map((host) => {
            const at = { dpid: host.at, port: port(host.no).no };
            return [host.mac, { mac: host.mac, ...at, ips: [], vlans: [] }] as const;
          }),
        ),
      );
    case "connected":
      return state.apply({
        type: "switchConnected",
        dpid: event.at,
        ports: event.ports.map((no) => port(no)),
      });
    case "port": {
      const found = port(event.no, `p${event.no}`, event.change === "up");
      return event.change === "gone"
        ? state.apply({ type: "portRemoved", dpid: event.at, port: found.no })
        : state.apply({ type: "portChanged", dpid: event.at, port: found });
    }
    case "reload": {
      const config = configOf({ ...plan, hosts: event.hosts });
      const meanwhile = event.meanwhile.reduce((at, each) => apply(at, each, isWhole), state);
      if (isWhole) return meanwhile.withConfig(config);
      const loaded = state.withConfig(config);
      answers(loaded.topology);
      return loaded === state ? meanwhile : meanwhile.withFilesOf(loaded);
    }
    case "discovered":
      return state.withDiscovered({
        links: [],
        probing: new Map([[event.at, new Set(event.probing.map((no) => port(no).no))]]),
      });
    case "look":
      return state;
    default:
      return event satisfies never;
  }
}

/** Everything that can be asked of a snapshot about hosts and ports. */
function answers(topology: Topology): unknown {
  const byMac = <T>(entries: Iterable<readonly [number, T]>) =>
    [...entries].sort(([x], [y]) => x - y);
  return {
    switches: [...topology.switches.values()].map(({ ports, ...rest }) => [rest, byMac(ports)]),
    links: topology.links,
    hosts: byMac(topology.hosts),
    names: ["a", "b", "h1", "h2"].map((name) => topology.hostByName(name)),
    addresses: ips.map((ip) => topology.hostsByIp(ip)),
    withHosts: [...topology.switchesWithHosts()].sort(),
    ports: [1, 2, 3].map((n) => [
      topology.edgePorts(dpid(n)),
      topology.linkPorts(dpid(n)),
      [...topology.macsOn(dpid(n))].sort(),
      [1, 2, 3, 4].map((no) => {
        const at = [dpid(n), port(no).no] as const;
        return [topology.macsAt(...at), topology.isPinned(...at), topology.portRole(...at)];
      }),
    ]),
  };
}

/** Pages are those of the sorted list of all hosts. */
function expectPages(topology: Topology): void {
  const sorted = [...topology.hosts.values()].sort((x, y) => x.mac - y.mac);
  expect([...topology.hostsAfter()]).toEqual(sorted);
  for (let n = 0; n <= 8; n++) {
    const rest = sorted.filter(({ mac }) => mac > hostMac(n));
    expect([...topology.hostsAfter(hostMac(n))]).toEqual(rest);
  }
}

test("a snapshot made from earlier ones equals one made from all facts at once", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (events) => {
      let state = stateOf(plan).withDiscovered(NOTHING_DISCOVERED);
      let last = state.topology;
      // The same changes without a snapshot in between: nothing can be taken over.
      let whole = stateOf(plan).withDiscovered(NOTHING_DISCOVERED);
      for (const event of events) {
        state = apply(state, event, false);
        whole = apply(whole, event, true);
        if (event.type !== "look") continue;
        answers(state.topology);
        const { hosts } = topologyChanges(last, state.topology);
        const differing = [...new Set([...last.hosts.keys(), ...state.topology.hosts.keys()])];
        for (const each of differing) {
          const [old, now] = [last.hosts.get(each), state.topology.hosts.get(each)];
          if (old !== now) expect(hosts.get(each)).toEqual({ old, now });
        }
        last = state.topology;
      }
      expect(answers(state.topology)).toEqual(answers(whole.topology));
      expectPages(state.topology);
    }),
  );
});
