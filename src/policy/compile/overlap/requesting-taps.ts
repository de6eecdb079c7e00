// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../../../topology/index.ts";
import type { Region } from "../../match-region/region.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { SwitchView } from "../network/switch-view.ts";
import type { Piece, Tap } from "../taps/tap.ts";
import { defersTo, serves } from "./tap-point-selection.ts";

/** The taps that request copies of an element's frames. */
export interface RequestingTaps {
  readonly here: readonly Tap[];
  /** Taps of this switch that do not request them only because of the port by which they enter. */
  readonly exemptHere: readonly Tap[];
  /** Taps of other switches that the frames also pass, or that they have passed before. */
  readonly elsewhere: readonly Tap[];
  /** Taps of other switches whose copies are made here. */
  readonly delegators: readonly Tap[];
}

const NO_TAPS: readonly Tap[] = [];

/** No tap requests copies. */
export const NO_REQUESTING_TAPS: RequestingTaps = {
  here: NO_TAPS,
  exemptHere: NO_TAPS,
  elsewhere: NO_TAPS,
  delegators: NO_TAPS,
};

/** The taps that request an element's frames, from the pieces of the regions that contain it. */
export function requestingTaps(pieces: readonly Piece[], at: Dpid): RequestingTaps {
  // Nearly all elements have only pieces by which taps of this switch include them.
  if (pieces.every(({ kind, tap }) => kind === "include" && isHere(tap, at))) {
    const here: Tap[] = [];
    for (const { tap } of pieces) if (!here.includes(tap)) here.push(tap);
    return { here, exemptHere: NO_TAPS, elsewhere: NO_TAPS, delegators: NO_TAPS };
  }
  const included = new Set<Tap>();
  const excluded = new Set<Tap>();
  const exempt = new Set<Tap>();
  const delegators = new Set<Tap>();
  for (const { kind, tap } of pieces) {
    if (kind === "include") included.add(tap);
    else if (kind === "exclude") excluded.add(tap);
    else if (kind === "exceptInPort") exempt.add(tap);
    else if (kind === "delegate") delegators.add(tap);
  }
  const requesting = [...included].filter((tap) => !excluded.has(tap));
  return {
    here: requesting.filter((tap) => isHere(tap, at) && !exempt.has(tap)),
    exemptHere: requesting.filter((tap) => isHere(tap, at) && exempt.has(tap)),
    elsewhere: requesting.filter((tap) => !isHere(tap, at)),
    delegators: [...delegators].filter((tap) => !excluded.has(tap)),
  };
}

/** Whether a tap is one of a switch, and has not been passed before. */
function isHere({ dpid, passed }: Tap, at: Dpid): boolean {
  return dpid === at && passed === undefined;
}

/**
 * The tap of another switch that makes a tap's copy: of those it defers to, the one that defers to
 * none of the others. Undefined when that tap itself defers to a tap of this switch, whether or not
 * that one requests the frame where it enters: then the copy is made here.
 */
export function selectedFor(
  tap: Tap,
  monitor: PlacedMonitor,
  region: Region,
  { here, exemptHere, elsewhere }: RequestingTaps,
  at: SwitchView,
): Tap | undefined {
  let selected: Tap | undefined;
  for (const other of elsewhere) {
    if (!defersTo(tap, other) || !serves(other, monitor, region, at)) continue;
    if (selected === undefined || precedes(other, selected)) selected = other;
  }
  if (selected === undefined) return undefined;
  for (const own of [...here, ...exemptHere]) {
    const mayBeDeferredTo = own.edge === "receiver" && defersTo(selected, own);
    if (mayBeDeferredTo && serves(own, monitor, region, at)) return undefined;
  }
  return selected;
}

/** Order of selection: the highest switch first, independent of the order of edits. */
function precedes(a: Tap, b: Tap): boolean {
  return a.dpid === b.dpid ? a.policy.id < b.policy.id : a.dpid > b.dpid;
}
