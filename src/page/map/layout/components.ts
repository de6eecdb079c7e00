// SPDX-License-Identifier: Apache-2.0
import type { MapGraph, MapSwitch } from "../model/graph.ts";

/** Switches that links connect, directly or not; each in the order of the graph. */
export interface Component {
  readonly switches: readonly MapSwitch[];
  /** Neighbours of each switch, without repetition, in the order of the graph. */
  readonly neighbours: ReadonlyMap<string, readonly string[]>;
}

/** Neighbours by datapath id. Links that are down count: a layout does not change with them. */
export function neighboursOf({ switches, links }: MapGraph): Map<string, string[]> {
  const sets = new Map([...switches.keys()].map((dpid) => [dpid, new Set<string>()]));
  for (const { a, b } of links) {
    if (a.dpid === b.dpid || !sets.has(a.dpid) || !sets.has(b.dpid)) continue;
    sets.get(a.dpid)?.add(b.dpid);
    sets.get(b.dpid)?.add(a.dpid);
  }
  const order = new Map([...switches.keys()].map((dpid, index) => [dpid, index]));
  const position = (dpid: string) => order.get(dpid) ?? 0;
  return new Map(
    [...sets].map(([dpid, set]) => [dpid, [...set].sort((x, y) => position(x) - position(y))]),
  );
}

/** The connected parts of a graph, the largest first. */
export function componentsOf(graph: MapGraph): readonly Component[] {
  const neighbours = neighboursOf(graph);
  const seen = new Set<string>();
  const components: Component[] = [];
  for (const dpid of graph.switches.keys()) {
    if (seen.has(dpid)) continue;
    const members = new Set(distances(neighbours, [dpid]).keys());
    for (const member of members) seen.add(member);
    components.push({
      switches: [...graph.switches.values()].filter((each) => members.has(each.dpid)),
      neighbours: new Map([...neighbours].filter(([each]) => members.has(each))),
    });
  }
  return components.sort((a, b) => b.switches.length - a.switches.length);
}

/** Links to cross from the nearest of the roots, by datapath id; unreachable switches are absent. */
export function distances(
  neighbours: ReadonlyMap<string, readonly string[]>,
  roots: readonly string[],
): Map<string, number> {
  const found = new Map(roots.map((root) => [root, 0]));
  // A map is iterated over in the order of insertion, with what is added meanwhile: a queue.
  for (const [dpid, distance] of found) {
    for (const next of neighbours.get(dpid) ?? []) {
      if (!found.has(next)) found.set(next, distance + 1);
    }
  }
  return found;
}
