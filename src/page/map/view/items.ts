// SPDX-License-Identifier: Apache-2.0
/** What can be selected on the map: its text in the address, and what is under the pointer. */
import { CARD, HOST_ROW, hostPoint, type Places, type Point } from "../layout/boxes.ts";
import type { MapGraph } from "../model/graph.ts";
import { distanceTo, linkLine } from "./geometry.ts";

export type MapItem =
  | { readonly kind: "switch"; readonly dpid: string }
  | { readonly kind: "host"; readonly mac: string }
  | { readonly kind: "fan"; readonly dpid: string }
  | { readonly kind: "link"; readonly id: string };

/** An item as text, for addresses and keys. */
export function itemKey(item: MapItem): string {
  switch (item.kind) {
    case "switch":
    case "fan":
      return `${item.kind}:${item.dpid}`;
    case "host":
      return `host:${item.mac}`;
    case "link":
      return `link:${item.id}`;
    default:
      throw new Error(item satisfies never);
  }
}

/** The item of a text; undefined: it names none. */
export function itemOfKey(key: string): MapItem | undefined {
  const [, kind, name] = /^(switch|host|fan|link):(.+)$/.exec(key) ?? [];
  if (name === undefined) return undefined;
  if (kind === "host") return { kind, mac: name };
  if (kind === "link") return { kind, id: name };
  return kind === "switch" || kind === "fan" ? { kind, dpid: name } : undefined;
}

/** Whether the network still has an item. */
export function isPresent(graph: MapGraph, item: MapItem): boolean {
  switch (item.kind) {
    case "switch":
    case "fan":
      return graph.switches.has(item.dpid);
    case "host":
      return graph.hosts.some(({ mac }) => mac === item.mac);
    case "link":
      return graph.links.some(({ id }) => id === item.id);
    default:
      throw new Error(item satisfies never);
  }
}

/** The item at a map point; links within the tolerance, in map units. What is drawn on top is found first. */
export function itemAt(
  graph: MapGraph,
  places: Places,
  at: Point,
  tolerance: number,
): MapItem | undefined {
  for (const entry of graph.switches.values()) {
    const place = places.get(entry.dpid);
    if (!place) continue;
    const across = Math.abs(at.x - place.x);
    if (across > CARD.width / 2) continue;
    if (Math.abs(at.y - place.y) <= CARD.height / 2) return { kind: "switch", dpid: entry.dpid };
    const row = entry.rows.find(
      (_, index) => Math.abs(hostPoint(place, index).y - at.y) <= HOST_ROW / 2,
    );
    if (row) {
      return row.kind === "host"
        ? { kind: "host", mac: row.host.mac }
        : { kind: "fan", dpid: entry.dpid };
    }
  }
  let nearest: { readonly id: string; readonly distance: number } | undefined;
  for (const link of graph.links) {
    const line = linkLine(link, places);
    const distance = line ? distanceTo(line, at) : Number.POSITIVE_INFINITY;
    if (distance <= tolerance && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) {
      nearest = { id: link.id, distance };
    }
  }
  return nearest && { kind: "link", id: nearest.id };
}

/** The point of an item; undefined: it is not on the map. */
export function pointOf(graph: MapGraph, places: Places, item: MapItem): Point | undefined {
  if (item.kind === "link") {
    const link = graph.links.find(({ id }) => id === item.id);
    const line = link && linkLine(link, places);
    return line && { x: (line.from.x + line.to.x) / 2, y: (line.from.y + line.to.y) / 2 };
  }
  const host = item.kind === "host" ? graph.hosts.find(({ mac }) => mac === item.mac) : undefined;
  const dpid = item.kind === "host" ? host?.dpid : item.dpid;
  const entry = dpid === undefined ? undefined : graph.switches.get(dpid);
  const place = dpid === undefined ? undefined : places.get(dpid);
  if (!entry || !place || item.kind === "switch") return place;
  const row = entry.rows.findIndex((each) =>
    each.kind === "fan"
      ? item.kind === "fan" || each.hosts.some(({ mac }) => mac === host?.mac)
      : each.host.mac === host?.mac,
  );
  return row < 0 ? place : hostPoint(place, row);
}
