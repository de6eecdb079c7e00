// SPDX-License-Identifier: Apache-2.0
/** The network's graph and layout, which all maps of the page share. */
import { computed, effect, signal } from "@preact/signals";
import { store, stored } from "../app/stored.ts";
import { hosts, links, switches } from "../data/store.ts";
import { arranged, type ForceLayout } from "./layout/arrange.ts";
import type { Place, Places, Point } from "./layout/boxes.ts";
import type { ForceTask } from "./layout/force.ts";
import { readPlaces, writePlaces } from "./layout/saved-places.ts";
import { type MapTopology, mapGraph } from "./model/graph.ts";

const KEY = "map.places";

/** Undefined until it is read. */
export const topology = computed<MapTopology | undefined>(() => {
  const [knownSwitches, knownLinks] = [switches.value, links.value];
  if (!knownSwitches || !knownLinks) return undefined;
  return {
    switches: knownSwitches,
    links: [...knownLinks.values()],
    hosts: [...(hosts.value?.values() ?? [])],
  };
});

/** Where switches are. */
export const places = signal<Places>(new Map());

/** Switches and their neighbours as a text: the layout concerns nothing else. */
const structure = computed(() => {
  const known = topology.value;
  if (!known) return "";
  const ends = known.links.map(({ a, b }) => [a.dpid, b.dpid].sort().join("-"));
  return [...known.switches.map(({ dpid }) => dpid).sort(), ...new Set(ends.sort())].join(" ");
});

let isStarted = false;

/** Keeps the layout up to date from the first call on. */
export function startLayout(): void {
  if (isStarted) return;
  isStarted = true;
  places.value = readPlaces(stored(KEY) ?? null);
  effect(() => {
    if (structure.value !== "") void arrange(places.peek());
  });
}

/** Forgets where switches were moved to, and lays everything out. */
export function layOutAgain(): void {
  void arrange(new Map());
}

/** Moves a switch; it stays there. */
export function moveSwitch(dpid: string, to: Point): void {
  const before = places.value.get(dpid);
  const place: Place = { x: Math.round(to.x), y: Math.round(to.y), isUp: before?.isUp ?? false };
  keep(new Map(places.value).set(dpid, place));
}

/** Moves a switch by a distance. */
export function nudgeSwitch(dpid: string, dx: number, dy: number): void {
  const place = places.value.get(dpid);
  if (place) moveSwitch(dpid, { x: place.x + dx, y: place.y + dy });
}

let round = 0;

async function arrange(known: Places): Promise<void> {
  const current = topology.peek();
  if (!current) return;
  const own = ++round;
  const next = await arranged(mapGraph(current), known, forceInWorker);
  // A later layout is under way: it knows more.
  if (own === round) keep(next);
}

function keep(next: Places): void {
  store(KEY, writePlaces(next, readPlaces(stored(KEY) ?? null)));
  places.value = next;
}

/** The worker is loaded for networks without an order only. */
const forceInWorker: ForceLayout = (task: ForceTask) => {
  const worker = new Worker(new URL("./layout/force-worker.ts", import.meta.url), {
    type: "module",
  });
  return new Promise<readonly Point[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<readonly Point[]>) => resolve(data);
    worker.onerror = (event) => reject(new Error(`The layout failed: ${event.message}`));
    worker.postMessage(task);
  }).finally(() => worker.terminate());
};
