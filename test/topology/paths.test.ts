// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Topology } from "../../src/topology/index.ts";
import { dpid, type Plan, stateOf } from "./networks.ts";

function topologyOf(plan: Plan): Topology {
  return stateOf(plan).topology;
}

const pathsSwitches = (count: number) => Array(count).fill("paths") as "paths"[];

describe("shortest paths", () => {
  test("weights decide, not hops", () => {
    const topology = topologyOf({
      profiles: pathsSwitches(3),
      links: [
        [1, 13, 3, 31, 10],
        [1, 12, 2, 21, 2],
        [2, 23, 3, 32, 3],
      ],
    });
    expect(topology.distance(dpid(1), dpid(3))).toBe(5);
    expect(topology.path(dpid(1), dpid(3))).toEqual([
      { dpid: dpid(1), inPort: undefined, outPort: 12 },
      { dpid: dpid(2), inPort: 21, outPort: 23 },
      { dpid: dpid(3), inPort: 32, outPort: undefined },
    ]);
  });

  test("of equal paths: the neighbour with the lowest dpid, then the lowest port", () => {
    const links = [
      [1, 9, 3, 1],
      [1, 8, 2, 1],
      [1, 7, 2, 2],
      [2, 3, 4, 1],
      [3, 3, 4, 2],
    ] as const;
    for (const order of [links, links.toReversed()]) {
      expect(
        topologyOf({ profiles: pathsSwitches(4), links: order }).nextHop(dpid(1), dpid(4)),
      ).toBe(7);
    }
  });

  test("a switch has an empty path to itself, and none across a partition", () => {
    const topology = topologyOf({ profiles: pathsSwitches(3), links: [[1, 1, 2, 1]] });
    expect(topology.nextHop(dpid(1), dpid(1))).toBeUndefined();
    expect(topology.distance(dpid(1), dpid(1))).toBe(0);
    expect(topology.path(dpid(1), dpid(1))).toHaveLength(1);
    expect(topology.path(dpid(1), dpid(3))).toBeUndefined();
    expect(topology.path(dpid(1), dpid(9))).toBeUndefined();
  });

  const network = fc.record({ size: fc.integer({ min: 2, max: 9 }) }).chain(({ size }) =>
    fc.record({
      size: fc.constant(size),
      pairs: fc.array(
        fc.tuple(
          fc.integer({ min: 1, max: size }),
          fc.integer({ min: 1, max: size }),
          fc.integer({ min: 1, max: 4 }),
        ),
        { maxLength: 20 },
      ),
      kinds: fc.array(fc.constantFrom("paths" as const, "normal" as const), {
        minLength: size,
        maxLength: size,
      }),
    }),
  );
  const planOf = (
    size: number,
    pairs: readonly (readonly [number, number, number])[],
    kinds: readonly ("paths" | "normal")[] = pathsSwitches(size),
  ): Plan => ({
    profiles: kinds,
    links: pairs
      .filter(([a, b]) => a !== b)
      .map(([a, b, weight], index) => [a, 2 * index + 1, b, 2 * index + 2, weight] as const),
  });

  test("following next hops from anywhere arrives, at the cost of Floyd-Warshall", () => {
    fc.assert(
      fc.property(network, ({ size, pairs }) => {
        const plan = planOf(size, pairs);
        const topology = topologyOf(plan);
        const best = floydWarshall(plan);
        for (let a = 1; a <= size; a++) {
          for (let b = 1; b <= size; b++) {
            const cost = best[a]?.[b] ?? Infinity;
            expect(topology.distance(dpid(a), dpid(b)) ?? Infinity).toBe(cost);
            const hops = topology.path(dpid(a), dpid(b));
            expect(hops !== undefined).toBe(cost !== Infinity);
            expect(new Set(hops?.map((hop) => hop.dpid)).size).toBe(hops?.length ?? 0);
          }
        }
      }),
    );
  });

  test("the order and direction of links in the file change nothing", () => {
    fc.assert(
      fc.property(network, fc.nat(), ({ size, pairs, kinds }, seed) => {
        const plan = planOf(size, pairs, kinds);
        const turned = plan.links
          .map(([a, ap, b, bp, weight], index) =>
            (seed >> (index % 30)) & 1
              ? ([b, bp, a, ap, weight] as const)
              : ([a, ap, b, bp, weight] as const),
          )
          .toReversed();
        const [one, other] = [topologyOf(plan), topologyOf({ ...plan, links: turned })];
        for (let a = 1; a <= size; a++) {
          expect(other.linkPorts(dpid(a))).toEqual(one.linkPorts(dpid(a)));
          for (let b = 1; b <= size; b++) {
            expect(other.nextHop(dpid(a), dpid(b))).toBe(one.nextHop(dpid(a), dpid(b)));
          }
        }
      }),
    );
  });

  test("the tree connects what links connect; between two regions of a kind one link is open", () => {
    fc.assert(
      fc.property(network, ({ size, pairs, kinds }) => {
        const plan = planOf(size, pairs, kinds);
        const topology = topologyOf(plan);
        const isTree = (a: number, port: number) =>
          topology.linkRole(dpid(a), port as never) === "tree";
        const tree = plan.links.filter(([a, port]) => isTree(a, port));
        for (const [a, ap, b, bp] of plan.links) expect(isTree(a, ap)).toBe(isTree(b, bp));
        expect(components(size, tree)).toBe(components(size, plan.links));
        // Links among `normal` switches are all open; the rest of the tree closes no loop with them.
        const theirs = tree.filter(
          ([a, , b]) => kinds[a - 1] === "normal" && kinds[b - 1] === "normal",
        );
        expect(tree.length - theirs.length).toBe(components(size, theirs) - components(size, tree));
      }),
    );
  });
});

describe("link roles", () => {
  test("in a ring of `paths` switches one link carries known unicast only", () => {
    const topology = topologyOf({
      profiles: pathsSwitches(3),
      links: [
        [1, 12, 2, 21],
        [2, 23, 3, 32],
        [3, 31, 1, 13],
      ],
    });
    expect(topology.linkPorts(dpid(2))).toEqual([
      [21, "tree"],
      [23, "path"],
    ]);
    expect(topology.nextHop(dpid(2), dpid(3))).toBe(23);
  });

  test("a loop through a `normal` switch is broken by blocking its link, for unicast too", () => {
    const topology = topologyOf({
      profiles: ["paths", "paths", "normal"],
      links: [
        [1, 12, 2, 21],
        [2, 23, 3, 32],
        [3, 31, 1, 13],
      ],
    });
    expect(topology.linkPorts(dpid(2))).toEqual([
      [21, "tree"],
      [23, "blocked"],
    ]);
    expect(topology.nextHop(dpid(2), dpid(3))).toBe(21);
  });
});

function floydWarshall({ profiles, links }: Plan): number[][] {
  const size = profiles.length;
  const best = Array.from({ length: size + 1 }, (_, a) =>
    Array.from({ length: size + 1 }, (_, b) => (a === b ? 0 : Infinity)),
  );
  const at = (a: number, b: number) => best[a]?.[b] ?? Infinity;
  const set = (a: number, b: number, cost: number) => {
    const row = best[a];
    if (row && cost < at(a, b)) row[b] = cost;
  };
  for (const [a, , b, , weight = 1] of links) {
    set(a, b, weight);
    set(b, a, weight);
  }
  for (let k = 1; k <= size; k++) {
    for (let a = 1; a <= size; a++) {
      for (let b = 1; b <= size; b++) set(a, b, at(a, k) + at(k, b));
    }
  }
  return best;
}

function components(size: number, links: Plan["links"]): number {
  const part = Array.from({ length: size + 1 }, (_, index) => index);
  for (const [a, , b] of links) {
    const [from, to] = [part[a], part[b]];
    for (let index = 1; index <= size; index++) if (part[index] === from) part[index] = to ?? 0;
  }
  return new Set(part.slice(1)).size;
}
