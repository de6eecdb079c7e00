// SPDX-License-Identifier: Apache-2.0
import type { MapSwitch } from "../model/graph.ts";
import { areClose, boxOf, GAP, type Place, type Places } from "./boxes.ts";

const PASSES = 60;
const STRETCH = 1.12;

/**
 * Moves switches apart until no boxes are closer than the gap: pairs push each other the shorter way, and if that does
 * not end, everything is stretched.
 */
export function separated(switches: readonly MapSwitch[], places: Places): Map<string, Place> {
  const nodes = switches.flatMap((entry, index) => {
    const place = places.get(entry.dpid);
    // Two switches at one point would stay there, however far the layout is stretched.
    return place ? [{ entry, place: { ...place, x: place.x + index * 1e-3 } }] : [];
  });
  for (let pass = 0; ; pass++) {
    let isMoved = false;
    for (const [index, a] of nodes.entries()) {
      for (const b of nodes.slice(index + 1)) isMoved = pushApart(a, b) || isMoved;
    }
    if (!isMoved) break;
    if (pass < PASSES) continue;
    for (const node of nodes) {
      const { x, y, isUp } = node.place;
      node.place = { x: x * STRETCH, y: y * STRETCH, isUp };
    }
  }
  return new Map(nodes.map(({ entry, place }) => [entry.dpid, place]));
}

interface Node {
  readonly entry: MapSwitch;
  place: Place;
}

function pushApart(a: Node, b: Node): boolean {
  const [boxA, boxB] = [boxOf(a.entry, a.place), boxOf(b.entry, b.place)];
  if (!areClose(boxA, boxB, GAP)) return false;
  const isLeft = a.place.x <= b.place.x;
  const isAbove = boxA.top + boxA.bottom <= boxB.top + boxB.bottom;
  const across = (isLeft ? boxA.right - boxB.left : boxB.right - boxA.left) + GAP + 1e-6;
  const down = (isAbove ? boxA.bottom - boxB.top : boxB.bottom - boxA.top) + GAP + 1e-6;
  if (across <= down) {
    const half = ((isLeft ? -1 : 1) * across) / 2;
    a.place = { ...a.place, x: a.place.x + half };
    b.place = { ...b.place, x: b.place.x - half };
  } else {
    const half = ((isAbove ? -1 : 1) * down) / 2;
    a.place = { ...a.place, y: a.place.y + half };
    b.place = { ...b.place, y: b.place.y - half };
  }
  return true;
}
