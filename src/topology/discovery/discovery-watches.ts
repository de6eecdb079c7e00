// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../dpid.ts";
import type { Direction, ProbedPort } from "./probed-port.ts";

/**
 * Ports whose last fast probe has left. Silence proves something only if a probe would have been heard:
 * the switch must confirm that it sent them, and the `others` that they have handed over probes since
 * before the first one. Then the ports are `silent`.
 */
export interface SilenceWatch {
  readonly dpid: Dpid;
  readonly ports: readonly { readonly port: ProbedPort; readonly run: number }[];
  /** Switches that were at the far end of a port's link, and may be again. */
  readonly others: readonly Dpid[];
  /** Unmanaged switches that would receive the probes: they must prove that they hand none over. */
  readonly unmanaged: readonly Dpid[];
  /** When the first of the probes left. */
  readonly since: number;
}

/** A direction that has missed too many probes. When both switches confirm as above, it is `lost`. */
export interface LossWatch {
  readonly from: Dpid;
  readonly to: Dpid;
  /** When the first of the missed probes left. */
  readonly since: number;
  readonly direction: Direction;
}

/** What link discovery concludes only after switches have confirmed it. */
export interface DiscoveryWatches {
  readonly silences: readonly SilenceWatch[];
  readonly losses: readonly LossWatch[];
}
