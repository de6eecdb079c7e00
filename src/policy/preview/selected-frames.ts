// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../lang/steps.ts";
import type { Tap } from "../compile/taps/tap.ts";
import {
  contains,
  exactValue,
  intersect,
  overlaps,
  type Region,
  without,
} from "../match-region/region.ts";

/** Which frames a policy copies, by what frames themselves show: not by the ports at which they enter. */
export interface SelectedFrames {
  readonly includes: readonly Region[];
  /** Frames that are not copied although an include contains them. */
  readonly excludes: readonly Region[];
}

/** Most regions that a preview may have on a switch: each is a flow entry. */
export const MOST_REGIONS = 1000;

/** The regions of one tap. */
interface TapFrames {
  readonly includes: ReadonlyMap<string, Region>;
  readonly excludes: ReadonlyMap<string, Region>;
}

/**
 * The frames that a policy's taps select; undefined: more than `MOST_REGIONS` regions.
 *
 * What one tap excludes another one may include. Such frames are selected.
 */
export function* selectedFrames(taps: readonly Tap[]): Steps<SelectedFrames | undefined> {
  const all: TapFrames[] = [];
  const includes = new Map<string, Region>();
  const excludes = new Map<string, Region>();
  for (const tap of taps) {
    const frames = yield* framesOf(tap);
    all.push(frames);
    for (const [key, region] of frames.includes) includes.set(key, region);
    for (const [key, region] of frames.excludes) excludes.set(key, region);
    if (includes.size + excludes.size > MOST_REGIONS) return undefined;
  }
  const excluded: Region[] = [];
  for (const [key, region] of excludes) {
    yield;
    if (includes.has(key) || all.some((frames) => includesSome(frames, region))) continue;
    excluded.push(region);
  }
  return { includes: [...includes.values()], excludes: excluded };
}

function* framesOf({ pieces }: Tap): Steps<TapFrames> {
  const includes = new Map<string, Region>();
  const excludes = new Map<string, Region>();
  yield* forEach(pieces, ({ kind, region }) => {
    if (kind !== "include" && kind !== "exclude") return;
    const anywhere = without(region, "inPort");
    (kind === "include" ? includes : excludes).set(anywhere.key, anywhere);
  });
  return { includes, excludes };
}

/** Whether a tap selects some frames of a region. */
function includesSome({ includes, excludes }: TapFrames, region: Region): boolean {
  for (const include of includes.values()) {
    const both = intersect(include, region);
    if (both === undefined) continue;
    if (![...excludes.values()].some((each) => contains(each, both))) return true;
  }
  return false;
}

/**
 * Whether frames that other taps copy are distinguished from those of these taps by what they show. Those for which
 * a tap names an address are: where another port sends such frames, it forges the address. A tap that names
 * ports alone selects frames of any address.
 */
export function* areDistinguishable(own: readonly Tap[], others: readonly Tap[]): Steps<boolean> {
  const places = new Set<string>();
  const open: Region[] = [];
  for (const { dpid, region } of includesOf(own)) {
    places.add(placeOf(dpid, region));
    const isAddressed = ["ethSrc", "ethDst"] as const;
    if (isAddressed.some((name) => exactValue(region, name) !== undefined)) continue;
    open.push(without(region, "inPort"));
  }
  if (open.length === 0) return true;
  for (const { dpid, region } of includesOf(others)) {
    yield;
    if (places.has(placeOf(dpid, region)) || places.has(`${dpid} `)) continue;
    const anywhere = without(region, "inPort");
    if (open.some((each) => overlaps(each, anywhere))) return false;
  }
  return true;
}

function* includesOf(taps: readonly Tap[]) {
  for (const { dpid, pieces } of taps) {
    for (const { kind, region } of pieces) if (kind === "include") yield { dpid, region };
  }
}

function placeOf(dpid: string, region: Region): string {
  return `${dpid} ${exactValue(region, "inPort") ?? ""}`;
}
