// SPDX-License-Identifier: Apache-2.0
/** Sizes of what the map draws, in map units: pixels at zoom 1. */
import type { MapSwitch } from "../model/graph.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Centre of a switch; its hosts hang below it, or stand above it. */
export interface Place extends Point {
  readonly isUp: boolean;
}

/** Places by datapath id. */
export type Places = ReadonlyMap<string, Place>;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const CARD = { width: 116, height: 44 };
export const HOST_ROW = 18;
/** Between the card and the first host. */
const HOST_GAP = 8;
/** Least space between the boxes of two switches. */
export const GAP = 28;

/** Hosts come while the controller learns: room for a few from the start. */
const LEAST_ROWS = 2;

/** Height of a switch with its hosts. */
export function heightOf({ rows }: MapSwitch): number {
  return CARD.height + HOST_GAP + Math.max(rows.length, LEAST_ROWS) * HOST_ROW;
}

/** What a switch with its hosts covers. */
export function boxOf(entry: MapSwitch, { x, y, isUp }: Place): Box {
  const hosts = heightOf(entry) - CARD.height;
  return {
    left: x - CARD.width / 2,
    right: x + CARD.width / 2,
    top: y - CARD.height / 2 - (isUp ? hosts : 0),
    bottom: y + CARD.height / 2 + (isUp ? 0 : hosts),
  };
}

/** Where the dot of a host row is. */
export function hostPoint({ x, y, isUp }: Place, row: number): Point {
  const distance = CARD.height / 2 + HOST_GAP + (row + 0.5) * HOST_ROW;
  return { x: x - CARD.width / 2 + 14, y: isUp ? y - distance : y + distance };
}

/** Whether two boxes are closer than a gap. */
export function areClose(a: Box, b: Box, gap: number): boolean {
  return (
    a.left < b.right + gap &&
    b.left < a.right + gap &&
    a.top < b.bottom + gap &&
    b.top < a.bottom + gap
  );
}

/** The box around all boxes; undefined: there are none. */
export function hull(boxes: Iterable<Box>): Box | undefined {
  let all: Box | undefined;
  for (const box of boxes) {
    all = all
      ? {
          left: Math.min(all.left, box.left),
          top: Math.min(all.top, box.top),
          right: Math.max(all.right, box.right),
          bottom: Math.max(all.bottom, box.bottom),
        }
      : box;
  }
  return all;
}

/** Places moved by the same distance. */
export function shifted(places: Places, dx: number, dy: number): Map<string, Place> {
  return new Map(
    [...places].map(([dpid, { x, y, isUp }]) => [dpid, { x: x + dx, y: y + dy, isUp }]),
  );
}
