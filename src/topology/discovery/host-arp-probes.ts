import type { Dpid } from "../dpid.ts";
import type { Direction, ProbedPort } from "./probed-port.ts";

/**
 * Ports whose last fast probe has left. Silence is an answer only if an answer would have been heard: the
 * switch is to confirm that it sent them, and the `others` that they have handed over probes since before
 * the first of them; then the ports are `silent`.
 */
export interface SilenceWatch {
  readonly dpid: Dpid;
  readonly ports: readonly { readonly port: ProbedPort; readonly run: number }[];
  /** Switches that were at the other end of a port's link, and may be again. */
  readonly others: readonly Dpid[];
  /** Switches that are not ours and would have the probes: they are to show that they do not hand any over. */
  readonly strangers: readonly Dpid[];
  /** When the first of the probes left. */
  readonly since: number;
}

/** A way that has missed too many probes: the two switches are to show the same, then it is `lost`. */
export interface LossWatch {
  readonly from: Dpid;
  readonly to: Dpid;
  /** When the first of the missed probes left. */
  readonly since: number;
  readonly way: Direction;
}

/** What only switches can answer. */
export interface HostQuestions {
  readonly silences: readonly SilenceWatch[];
  readonly losses: readonly LossWatch[];
}
