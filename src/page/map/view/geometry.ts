// SPDX-License-Identifier: Apache-2.0
/** Lines of links and lanes beside them, in map units. */
import { CARD, hostPoint, type Place, type Places, type Point } from "../layout/boxes.ts";
import { isEnd, type MapGraph, type MapLink, type MapSwitch } from "../model/graph.ts";
import type { MapPort } from "../model/overlay.ts";

export interface Line {
  readonly from: Point;
  readonly to: Point;
}

/** Between links that connect the same two switches. */
const PARALLEL_GAP = 12;
/** From a link to the first lane of copies, and from lane to lane. */
export const FIRST_LANE = 5;
export const LANE_GAP = 4;

/** The line of a link, from its end `a` to its end `b`; undefined: an end has no place. */
export function linkLine(link: MapLink, places: Places): Line | undefined {
  const [a, b] = [places.get(link.a.dpid), places.get(link.b.dpid)];
  if (!a || !b) return undefined;
  const offset = (link.parallel - (link.parallels - 1) / 2) * PARALLEL_GAP;
  return shiftedLine({ from: a, to: b }, offset);
}

/** A line moved to the right of its direction (as traffic drives), by map units. */
export function shiftedLine({ from, to }: Line, offset: number): Line {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const dx = (-(to.y - from.y) / length) * offset;
  const dy = ((to.x - from.x) / length) * offset;
  return { from: { x: from.x + dx, y: from.y + dy }, to: { x: to.x + dx, y: to.y + dy } };
}

/**
 * The line of a lane of copies along a link in the direction from a port; undefined: there is no such link. Opposite
 * directions are on opposite sides.
 */
export function laneLine(
  graph: MapGraph,
  places: Places,
  from: MapPort,
  lane: number,
): Line | undefined {
  const link = linkAt(graph, from);
  const line = link && linkLine(link, places);
  if (!line) return undefined;
  const directed = isEnd(link.a, from.dpid, from.port) ? line : { from: line.to, to: line.from };
  return trimmed(shiftedLine(directed, FIRST_LANE + lane * LANE_GAP));
}

/** The link at a port. */
export function linkAt({ links }: MapGraph, { dpid, port }: MapPort): MapLink | undefined {
  return links.find(({ a, b }) => isEnd(a, dpid, port) || isEnd(b, dpid, port));
}

/** A line between two cards without its parts below them. */
export function trimmed({ from, to }: Line): Line {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const cut = cardReach(from, to);
  if (length <= 2 * cut) return { from, to };
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  return {
    from: { x: from.x + ux * cut, y: from.y + uy * cut },
    to: { x: to.x - ux * cut, y: to.y - uy * cut },
  };
}

/** From the centre of a card to its edge, in the direction of a line. */
function cardReach(from: Point, to: Point): number {
  const [dx, dy] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const length = Math.hypot(dx, dy) || 1;
  return Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : ((CARD.width / 2) * length) / dx,
    dy === 0 ? Number.POSITIVE_INFINITY : ((CARD.height / 2) * length) / dy,
  );
}

/** Where the row of a port's hosts is; undefined: no host is shown there. */
export function portPoint(entry: MapSwitch, place: Place, port: number): Point | undefined {
  const isThere = (each: { port: number | string }) => String(each.port) === String(port);
  const single = entry.rows.findIndex((row) => row.kind === "host" && isThere(row.host));
  const row =
    single >= 0
      ? single
      : entry.rows.findIndex((each) => each.kind === "fan" && each.hosts.some(isThere));
  return row < 0 ? undefined : hostPoint(place, row);
}

/** Distance of a point from a line's segment. */
export function distanceTo({ from, to }: Line, { x, y }: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / squared;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - from.x - t * dx, y - from.y - t * dy);
}

/** The point at a part of a line, from 0 to 1. */
export function pointAt({ from, to }: Line, part: number): Point {
  return { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) };
}
