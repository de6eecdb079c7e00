// SPDX-License-Identifier: Apache-2.0
import { type Component, distances } from "./components.ts";

/** Part of the links that may connect switches of one rank: pairs of leaves, for example. */
const MOST_LEVEL_LINKS = 0.2;

/** Degrees within this part of the highest belong to spines. */
const SPINE_DEGREE = 0.7;

/**
 * Ranks of the switches, the top one first, if the component is a tree or made of layers such as leaves and spines;
 * undefined: it is neither. The top of a tree is its centre. Otherwise it is the layer farthest from hosts, or the switches
 * with the most links: whichever makes fewer layers.
 */
export function ranksOf(component: Component): readonly (readonly string[])[] | undefined {
  const { switches, neighbours } = component;
  const links = [...neighbours.values()].reduce((sum, list) => sum + list.length, 0) / 2;
  if (links === switches.length - 1) return layersFrom(component, [centreOf(component)]);
  const withHosts = switches.filter(({ rows }) => rows.length > 0).map(({ dpid }) => dpid);
  const hasBottom = withHosts.length > 0 && withHosts.length < switches.length;
  const candidates = [
    hasBottom ? layersFrom(component, withHosts)?.reverse() : undefined,
    layersFrom(component, spinesOf(component)),
  ].filter((layers) => layers !== undefined);
  const fewest = Math.min(...candidates.map(({ length }) => length));
  return candidates.find(({ length }) => length === fewest);
}

/** Switches by their distance from the roots, if nearly all links lead from layer to layer. */
function layersFrom(component: Component, roots: readonly string[]): string[][] | undefined {
  const { switches, neighbours } = component;
  const found = distances(neighbours, roots);
  const layers: string[][] = [];
  for (const { dpid } of switches) {
    const distance = found.get(dpid) ?? 0;
    while (layers.length <= distance) layers.push([]);
    layers[distance]?.push(dpid);
  }
  let all = 0;
  let level = 0;
  for (const [dpid, list] of neighbours) {
    all += list.length;
    level += list.filter((next) => found.get(next) === found.get(dpid)).length;
  }
  return layers.length > 1 && level <= MOST_LEVEL_LINKS * all ? layers : undefined;
}

/** The switch from which the farthest one is nearest. */
function centreOf({ switches, neighbours }: Component): string {
  let best = { dpid: "", reach: Number.POSITIVE_INFINITY };
  for (const { dpid } of switches) {
    const reach = Math.max(...distances(neighbours, [dpid]).values());
    if (reach < best.reach) best = { dpid, reach };
  }
  return best.dpid;
}

function spinesOf({ switches, neighbours }: Component): readonly string[] {
  const degree = (dpid: string) => neighbours.get(dpid)?.length ?? 0;
  const highest = Math.max(...switches.map(({ dpid }) => degree(dpid)));
  return switches.map(({ dpid }) => dpid).filter((dpid) => degree(dpid) >= SPINE_DEGREE * highest);
}

/**
 * The switches of a chain from end to end, or of a ring from the first one on; undefined: the component is neither.
 */
export function chainOf({
  switches,
  neighbours,
}: Component): { readonly order: readonly string[]; readonly isRing: boolean } | undefined {
  const degrees = switches.map(({ dpid }) => neighbours.get(dpid)?.length ?? 0);
  if (degrees.some((degree) => degree > 2)) return undefined;
  const end = switches.find((_, index) => (degrees[index] ?? 0) < 2);
  const [first] = switches;
  const start = end ?? first;
  if (!start) return undefined;
  const order = [start.dpid];
  for (let at = start.dpid; ; ) {
    const next = neighbours.get(at)?.find((dpid) => !order.includes(dpid));
    if (next === undefined) break;
    order.push(next);
    at = next;
  }
  return { order, isRing: end === undefined };
}
