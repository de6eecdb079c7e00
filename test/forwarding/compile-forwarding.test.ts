// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ActionSpec, type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import { compileForwarding, originalActions } from "../../src/forwarding/index.ts";
import { floodActions } from "../../src/forwarding/original-actions.ts";
import { match } from "../../src/openflow/index.ts";
import type { Dpid, PortNo, Topology } from "../../src/topology/index.ts";
import { dpid, hostMac, type Plan, port, stateOf } from "../topology/networks.ts";
import { type Delivery, LearningNetwork } from "./simulated-network.ts";

const BROADCAST = 0xffffffffffff;
const UNKNOWN = 0xfe0000000001;
/** The port of an unknown host, on every switch. */
const UNLISTED = 99;

interface Network {
  readonly plan: Plan;
  readonly topology: Topology;
}

/** A plan with connected switches: with their link ports, host ports and an unlisted port. */
function connect(plan: Plan): Network {
  let state = stateOf(plan);
  for (const [index] of plan.profiles.entries()) {
    const numbers = new Set([UNLISTED]);
    for (const [a, aPort, b, bPort] of plan.links) {
      if (a === index + 1) numbers.add(aPort);
      if (b === index + 1) numbers.add(bPort);
    }
    for (const [at, no] of plan.hosts ?? []) if (at === index + 1) numbers.add(no);
    const ports = [...numbers].map((no) => port(no));
    state = state.apply({ type: "switchConnected", dpid: dpid(index + 1), ports });
  }
  return { plan, topology: state.topology };
}

const words = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ dpid, port }) => `${dpid}/${port}`).sort();

/** Networks of up to seven switches with loops, parallel links and partitions; with or without `normal` ones. */
const networks = (mixed: boolean) =>
  fc.integer({ min: 1, max: 7 }).chain((size) => {
    const at = fc.integer({ min: 1, max: size });
    const kind = mixed
      ? fc.constantFrom("paths" as const, "normal" as const)
      : fc.constant("paths" as const);
    return fc
      .record({
        profiles: fc.array(kind, { minLength: size, maxLength: size }),
        pairs: fc.array(fc.tuple(at, at, fc.integer({ min: 1, max: 3 })), { maxLength: 14 }),
        hosts: fc.array(fc.tuple(at, fc.integer({ min: 1, max: 2 })), {
          minLength: 2,
          maxLength: 6,
        }),
      })
      .map(({ profiles, pairs, hosts }) => {
        const links = pairs
          .filter(([a, b]) => a !== b)
          .map(([a, b, weight], index) => [a, 10 + 2 * index, b, 11 + 2 * index, weight] as const);
        return { profiles, hosts, links: withoutForeignLoops(profiles, links) };
      });
  });

/** Omits links that form loops of switches that OpenVTAP does not program. */
function withoutForeignLoops(profiles: Plan["profiles"], links: Plan["links"]): Plan["links"] {
  const part = profiles.map((_, index) => index + 1);
  const of = (at: number): number => part[at - 1] ?? 0;
  return links.filter(([a, , b]) => {
    if (profiles[a - 1] !== "normal" || profiles[b - 1] !== "normal") return true;
    const [from, to] = [of(a), of(b)];
    for (const [index, each] of part.entries()) if (each === from) part[index] = to;
    return from !== to;
  });
}

/** All edge ports that a frame from `from` can reach, except `from`. */
function reachable({ topology }: Network, from: Delivery): string[] {
  return [...topology.switches.keys()]
    .filter((at) => topology.distance(from.dpid, at) !== undefined)
    .flatMap((at) => topology.edgePorts(at).map((no) => `${at}/${no}`))
    .filter((word) => word !== `${from.dpid}/${from.port}`)
    .sort();
}

describe.each([
  ["paths switches", false],
  ["paths and normal switches", true],
])("in any network of %s", (_, mixed) => {
  const cases = networks(mixed).map(connect);
  const sender = fc.record({ at: fc.nat(), port: fc.constantFrom(1, 2, UNLISTED) });
  const senderOf = (
    { topology }: Network,
    { at, port }: { at: number; port: number },
  ): Delivery => {
    const dpids = [...topology.switches.keys()];
    const chosen = dpids[at % dpids.length] as Dpid;
    const ports = topology.edgePorts(chosen);
    return {
      dpid: chosen,
      port: ports.includes(port as PortNo) ? (port as PortNo) : (ports[0] as PortNo),
    };
  };
  const simulate = ({ topology }: Network) =>
    new LearningNetwork(topology, compileForwarding(topology));

  test("broadcast and unknown unicast reach every other edge port exactly once", () => {
    fc.assert(
      fc.property(cases, fc.array(sender, { minLength: 1, maxLength: 4 }), (network, senders) => {
        const simulation = simulate(network);
        for (const each of senders) {
          const from = senderOf(network, each);
          for (const ethDst of [BROADCAST, 0x01005e000001, UNKNOWN]) {
            const got = simulation.send(from, { ethDst, ethSrc: UNKNOWN + 1 });
            expect(words(got)).toEqual(reachable(network, from));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a frame for a known host reaches it exactly once, along the shortest path", () => {
    fc.assert(
      fc.property(cases, fc.array(sender, { minLength: 1, maxLength: 4 }), (network, senders) => {
        const simulation = simulate(network);
        for (const each of senders) {
          const from = senderOf(network, each);
          for (const host of network.topology.hosts.values()) {
            const got = words(simulation.send(from, { ethDst: host.mac, ethSrc: UNKNOWN + 1 }));
            const place = `${host.dpid}/${host.port}`;
            const isNear = network.topology.distance(from.dpid, host.dpid) !== undefined;
            const isSame = place === `${from.dpid}/${from.port}`;
            // Only switches that OpenVTAP does not program may flood it, and only to ports they reach.
            const others = got.filter((word) => word !== place);
            if (mixed) expect(reachable(network, from)).toEqual(expect.arrayContaining(others));
            else expect(others).toEqual(isNear ? [] : reachable(network, from));
            expect(new Set(got).size).toBe(got.length);
            expect(got.includes(place)).toBe(isNear && !isSame);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("no frame leaves for an address a bridge must not forward", () => {
    fc.assert(
      fc.property(networks(false).map(connect), sender, (network, each) => {
        const lldp = { ethDst: 0x0180c200000e, ethSrc: 1 };
        expect(simulate(network).send(senderOf(network, each), lldp)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test("the actions of the original equal those of the tables", () => {
    fc.assert(
      fc.property(
        cases,
        sender,
        fc.constantFrom(BROADCAST, UNKNOWN, hostMac(1), 0x0180c2000003),
        (network, each, ethDst) => {
          const { topology } = network;
          const from = senderOf(network, each);
          const tables = compileForwarding(topology);
          const plain = new LearningNetwork(topology, tables).send(from, { ethDst, ethSrc: 1 });
          // The original's actions at the ingress port; base forwarding elsewhere.
          const first: FlowSpec = {
            table: 0,
            priority: 65_535,
            match: match({ inPort: from.port }),
            category: "rewriting",
            actions: originalActions(topology, from.dpid, from.port, ethDst),
          };
          const changed = new Map(tables).set(from.dpid, [first, ...(tables.get(from.dpid) ?? [])]);
          const tapped = new LearningNetwork(topology, changed);
          expect(words(tapped.send(from, { ethDst, ethSrc: 1 }))).toEqual(words(plain));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("tables", () => {
  const ring: Plan = {
    profiles: ["paths", "paths", "paths"],
    links: [
      [1, 12, 2, 21],
      [2, 23, 3, 32],
      [3, 31, 1, 13],
    ],
    hosts: [
      [1, 1],
      [3, 1],
    ],
  };

  test("have unique entries in the same order whatever the order of the input", () => {
    const tables = compileForwarding(connect(ring).topology);
    const turned = { ...ring, links: ring.links.toReversed() };
    expect(compileForwarding(connect(turned).topology)).toEqual(tables);
    for (const flows of tables.values()) {
      expect(new Set(flows.map(flowKey)).size).toBe(flows.length);
    }
  });

  test("avoid a dead link", () => {
    const { topology } = connect({ ...ring, links: ring.links.slice(1) });
    expect(originalActions(topology, dpid(1), undefined, hostMac(2))).toMatchObject([
      { type: "output", port: 13 },
    ]);
  });

  test("of profile normal and of another application's tables hold one entry", () => {
    const { topology } = connect({
      profiles: ["normal", { table: 5 }],
      links: [],
      hosts: [[1, 1]],
    });
    const tables = compileForwarding(topology);
    expect(tables.get(dpid(1))).toMatchObject([
      { priority: 0, match: [], actions: [{ type: "output", port: 0xfffffffa }] },
    ]);
    expect(tables.get(dpid(2))).toMatchObject([{ priority: 0, match: [] }]);
  });

  test("are not made for switches in no file", () => {
    const state = stateOf(ring).apply({ type: "switchConnected", dpid: dpid(9), ports: [port(1)] });
    expect(compileForwarding(state.topology).has(dpid(9))).toBe(false);
  });
});

test.each([
  ["in a row", 1],
  ["far apart", 2000],
])(
  "a flood over 4,500 ports, numbered %s, is made of groups that a message can carry",
  (_, step) => {
    const ports = Array.from({ length: 4500 }, (_, index) => port(1 + index * step));
    const state = stateOf({ profiles: ["paths"], links: [] }).apply({
      type: "switchConnected",
      dpid: dpid(1),
      ports,
    });
    const [action] = floodActions(state.topology, dpid(1));
    const reached: number[] = [];
    const visit = (used: ActionSpec | undefined): void => {
      if (used?.type !== "useGroup") throw new Error("a flood is a group");
      expect(used.group.buckets.length).toBeLessThanOrEqual(2000);
      for (const { actions } of used.group.buckets) {
        for (const each of actions) {
          if (each.type === "output") reached.push(each.port);
          else visit(each);
        }
      }
    };
    visit(action);
    expect(reached).toEqual(ports.map(({ no }) => no));
  },
);
