// SPDX-License-Identifier: Apache-2.0
/** Where switches are on the map. */
import type { MapGraph } from "../model/graph.ts";
import {
  areClose,
  type Box,
  boxOf,
  CARD,
  GAP,
  heightOf,
  hull,
  type Place,
  type Places,
  type Point,
  shifted,
} from "./boxes.ts";
import { type Component, componentsOf, neighboursOf } from "./components.ts";
import type { ForceTask } from "./force.ts";
import { chainPlaces, layeredPlaces, ringPlaces } from "./layered.ts";
import { chainOf, ranksOf } from "./ranks.ts";
import { separated } from "./separate.ts";

/** Computes points by forces: in a worker in the page, at once in tests. */
export type ForceLayout = (task: ForceTask) => Promise<readonly Point[]>;

/**
 * Places of all switches. Known ones keep theirs and new ones come next to their neighbours, if at least half are known;
 * otherwise everything is laid out. Equal graphs have equal layouts.
 */
export async function arranged(
  graph: MapGraph,
  known: Places,
  force: ForceLayout,
): Promise<Places> {
  const present = [...graph.switches.keys()].filter((dpid) => known.has(dpid));
  if (present.length > 0 && 2 * present.length >= graph.switches.size) {
    return withNewSwitches(graph, known);
  }
  return laidOut(graph, force);
}

/** A layout from scratch: each component by its structure, side by side. */
async function laidOut(graph: MapGraph, force: ForceLayout): Promise<Places> {
  const parts = await Promise.all(
    componentsOf(graph).map(async (component) =>
      separated(component.switches, await placesOf(component, force)),
    ),
  );
  return packed(graph, parts);
}

async function placesOf(component: Component, force: ForceLayout): Promise<Places> {
  const chain = chainOf(component);
  if (chain && !chain.isRing) return chainPlaces(chain.order);
  const ranks = ranksOf(component);
  if (ranks) return layeredPlaces(component, ranks);
  if (chain) return ringPlaces(component, chain.order);
  const { switches, neighbours } = component;
  const points = await force({
    nodes: switches.map((each) => ({
      id: each.dpid,
      radius: Math.hypot(CARD.width + GAP, heightOf(each) + GAP) / 2,
    })),
    links: [...neighbours].flatMap(([a, list]) =>
      list.filter((b) => a < b).map((b) => [a, b] as const),
    ),
  });
  return new Map(
    switches.map(({ dpid }, index) => {
      const { x, y } = points[index] ?? { x: 0, y: 0 };
      return [dpid, { x, y, isUp: false }];
    }),
  );
}

/** Components in rows, the largest first, about as wide as the largest or as a square of all. */
function packed(graph: MapGraph, parts: readonly Places[]): Places {
  const boxes = parts.map((places) => hullOf(graph, places));
  const area = boxes.reduce(
    (sum, { left, right, top, bottom }) => sum + (right - left) * (bottom - top),
    0,
  );
  const widest = Math.max(0, ...boxes.map(({ left, right }) => right - left));
  const width = Math.max(widest, 1.6 * Math.sqrt(area));
  const all = new Map<string, Place>();
  let [x, y, rowHeight] = [0, 0, 0];
  for (const [index, places] of parts.entries()) {
    const box = boxes[index];
    if (!box) continue;
    if (x > 0 && x + box.right - box.left > width) {
      [x, y, rowHeight] = [0, y + rowHeight + 2 * GAP, 0];
    }
    for (const [dpid, place] of shifted(places, x - box.left, y - box.top)) all.set(dpid, place);
    x += box.right - box.left + 2 * GAP;
    rowHeight = Math.max(rowHeight, box.bottom - box.top);
  }
  return all;
}

function hullOf(graph: MapGraph, places: Places): Box {
  return hull(boxesOf(graph, places)) ?? { left: 0, top: 0, right: 0, bottom: 0 };
}

/** The boxes of all switches that have a place. */
export function boxesOf(graph: MapGraph, places: Places): Box[] {
  return [...graph.switches.values()].flatMap((entry) => {
    const place = places.get(entry.dpid);
    return place ? [boxOf(entry, place)] : [];
  });
}

/** Known places, and each new switch at the nearest free place to its neighbours. Nothing else moves. */
function withNewSwitches(graph: MapGraph, known: Places): Places {
  const places = new Map<string, Place>();
  for (const dpid of graph.switches.keys()) {
    const place = known.get(dpid);
    if (place) places.set(dpid, place);
  }
  const neighbours = neighboursOf(graph);
  const waiting = new Set([...graph.switches.keys()].filter((dpid) => !places.has(dpid)));
  while (waiting.size > 0) {
    const isPlaced = (dpid: string) => places.has(dpid);
    const next =
      [...waiting].find((dpid) => neighbours.get(dpid)?.some(isPlaced)) ?? [...waiting][0];
    const entry = next === undefined ? undefined : graph.switches.get(next);
    if (next === undefined || !entry) break;
    waiting.delete(next);
    const near = (neighbours.get(next) ?? []).flatMap((dpid) => places.get(dpid) ?? []);
    const taken = boxesOf(graph, places);
    const all = hull(taken);
    const origin = near.length > 0 ? middleOf(near) : { x: (all?.right ?? 0) + CARD.width, y: 0 };
    const free = nearestFree(origin, (place) => {
      const box = boxOf(entry, place);
      return taken.every((each) => !areClose(box, each, GAP / 2));
    });
    places.set(next, free);
  }
  return places;
}

function middleOf(places: readonly Place[]): Point {
  const sum = places.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
  return { x: sum.x / places.length, y: sum.y / places.length };
}

/** Tries points on growing squares, the nearest first; below before above, so that links lead down. */
function nearestFree(origin: Point, isFree: (place: Place) => boolean): Place {
  const [dx, dy] = [CARD.width / 2, CARD.height];
  for (let ring = 1; ; ring++) {
    const candidates: Place[] = [];
    for (let column = -ring; column <= ring; column++) {
      for (let row = -ring; row <= ring; row++) {
        if (Math.max(Math.abs(column), Math.abs(row)) !== ring) continue;
        candidates.push({ x: origin.x + column * dx, y: origin.y + row * dy, isUp: false });
      }
    }
    const distance = ({ x, y }: Place) =>
      Math.hypot(x - origin.x, y - origin.y) - (y > origin.y ? 1 : 0);
    const found = candidates.sort((a, b) => distance(a) - distance(b)).find(isFree);
    if (found) return found;
  }
}
