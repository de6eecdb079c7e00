// SPDX-License-Identifier: Apache-2.0

/** What probes establish about a way of copies. */
export interface WayHealth {
  /** `unknown`: no probe has arrived or was found lost since it can be probed. */
  readonly state: "unknown" | "healthy" | "failing";
  /** When the last probe arrived or was found lost, ISO 8601; undefined: none has. */
  readonly lastProbe?: string;
  /** Round trip of the last probe that arrived, control connections included, in milliseconds. */
  readonly rttMs?: number;
  /** Probes lost since the last one that arrived. */
  readonly lost: number;
  /** Why it is not healthy, a sentence without a full stop; empty if it is. */
  readonly because: string;
}

/** So many lost probes in a row make a way failing: a single one may be lost on a busy link. */
export const LOST_IN_A_ROW = 2;

/*
 * The states of a way:
 *
 *   any      -> (a probe arrives)                        healthy
 *   any      -> (`LOST_IN_A_ROW` probes are lost)        failing
 *   any      -> (something prevents probes)              unknown
 */

/** A way that was never probed. */
export const NOT_PROBED: WayHealth = {
  state: "unknown",
  lost: 0,
  because: "its way has not been probed yet",
};

/** A probe has arrived. */
export function afterArrival(rttMs: number, at: string): WayHealth {
  return { state: "healthy", lastProbe: at, rttMs, lost: 0, because: "" };
}

/** A probe is lost. `way`: in words, from the switch to the monitor's. */
export function afterLoss(before: WayHealth, way: string, at: string): WayHealth {
  const lost = before.lost + 1;
  if (lost < LOST_IN_A_ROW) return { ...before, lastProbe: at, lost };
  const where = before.state === "failing" ? before.because : `probes ${way} are lost`;
  return { ...before, state: "failing", lastProbe: at, lost, because: where };
}

/** It is known where probes are lost. */
export function afterTrace(before: WayHealth, because: string): WayHealth {
  return before.state === "failing" ? { ...before, because } : before;
}

/** Something prevents probes, a sentence: what was known is no longer so. */
export function prevented(before: WayHealth, because: string): WayHealth {
  if (before.state === "unknown" && before.because === because && before.lost === 0) return before;
  return { state: "unknown", lost: 0, because };
}
