import type { Dpid } from "../../../topology/index.ts";
import type { Region } from "../../match-region/region.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { Piece, Tap } from "../taps/compile-taps.ts";
import { defersTo, serves } from "./tap-point-selection.ts";

/** The taps that want an element's frames. */
export interface RequestingTaps {
  readonly here: readonly Tap[];
  /** Taps of this switch that would want them, had they not entered by the receiver's own port. */
  readonly enteringHere: readonly Tap[];
  /** Taps of other switches that the frames pass, too. */
  readonly elsewhere: readonly Tap[];
  /** Taps of other switches whose copies are made here. */
  readonly lenders: readonly Tap[];
}

const NO_TAPS: readonly Tap[] = [];

/** Nobody wants them. */
export const NO_REQUESTING_TAPS: RequestingTaps = {
  here: NO_TAPS,
  enteringHere: NO_TAPS,
  elsewhere: NO_TAPS,
  lenders: NO_TAPS,
};

/** Who wants the frames of an element, by the pieces of the regions that hold it. */
export function sortTaps(pieces: readonly Piece[], at: Dpid): RequestingTaps {
  // Nearly all elements are only of taps of this switch that include them.
  if (pieces.every(({ kind, tap }) => kind === "include" && tap.dpid === at)) {
    const here: Tap[] = [];
    for (const { tap } of pieces) if (!here.includes(tap)) here.push(tap);
    return { here, enteringHere: NO_TAPS, elsewhere: NO_TAPS, lenders: NO_TAPS };
  }
  const included = new Set<Tap>();
  const excluded = new Set<Tap>();
  const entering = new Set<Tap>();
  const lenders = new Set<Tap>();
  for (const { kind, tap } of pieces) {
    if (kind === "include") included.add(tap);
    else if (kind === "exclude") excluded.add(tap);
    else if (kind === "notFrom") entering.add(tap);
    else if (kind === "lend") lenders.add(tap);
  }
  const wanting = [...included].filter((tap) => !excluded.has(tap));
  return {
    here: wanting.filter((tap) => tap.dpid === at && !entering.has(tap)),
    enteringHere: wanting.filter((tap) => tap.dpid === at && entering.has(tap)),
    elsewhere: wanting.filter((tap) => tap.dpid !== at),
    lenders: [...lenders].filter((tap) => !excluded.has(tap)),
  };
}

/**
 * The tap of another switch that a tap yields to: the one that yields to no other of them. None when
 * that one yields to a tap of this switch in its turn, whether or not that wants the frame where it
 * enters: the copy is made here.
 */
export function selectedFor(
  tap: Tap,
  monitor: PlacedMonitor,
  region: Region,
  { here, enteringHere, elsewhere }: RequestingTaps,
): Tap | undefined {
  let elected: Tap | undefined;
  for (const other of elsewhere) {
    if (!defersTo(tap, other) || !serves(other, monitor, region)) continue;
    if (elected === undefined || isAhead(other, elected)) elected = other;
  }
  if (elected === undefined) return undefined;
  for (const own of [...here, ...enteringHere]) {
    const mayBeYieldedTo = own.edge === "receiver" && defersTo(elected, own);
    if (mayBeYieldedTo && serves(own, monitor, region)) return undefined;
  }
  return elected;
}

/** Whether a tap is elected before another: the highest switch is, whatever the order of edits. */
function isAhead(a: Tap, b: Tap): boolean {
  return a.dpid === b.dpid ? a.policy.id < b.policy.id : a.dpid > b.dpid;
}
