// SPDX-License-Identifier: Apache-2.0
/** Places as text, for the browser's storage: by datapath id, so that they survive reloads. */
import type { Place, Places } from "./boxes.ts";

/** Datapath ids that have been gone for longer are forgotten when others are saved. */
const MOST_SAVED = 2_000;

/** Saved places; anything unreadable counts as nothing saved. */
export function readPlaces(text: string | null): Places {
  const places = new Map<string, Place>();
  if (text === null) return places;
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    return places;
  }
  if (typeof saved !== "object" || saved === null) return places;
  for (const [dpid, entry] of Object.entries(saved)) {
    if (!Array.isArray(entry)) continue;
    const [x, y, isUp]: unknown[] = entry;
    if (typeof x !== "number" || typeof y !== "number") continue;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    places.set(dpid, { x, y, isUp: isUp === 1 });
  }
  return places;
}

/** The text of the present places, and of those saved before of switches that are away. */
export function writePlaces(places: Places, before: Places): string {
  const all = new Map<string, Place>(places);
  for (const [dpid, place] of before) {
    if (all.size >= MOST_SAVED) break;
    if (!all.has(dpid)) all.set(dpid, place);
  }
  return JSON.stringify(
    Object.fromEntries(
      [...all].map(([dpid, { x, y, isUp }]) => [
        dpid,
        [Math.round(x), Math.round(y), ...(isUp ? [1] : [])],
      ]),
    ),
  );
}
