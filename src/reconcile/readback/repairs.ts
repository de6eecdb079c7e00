// SPDX-License-Identifier: Apache-2.0
import type { Drift, DriftedFlow } from "./drift.ts";

/** What detected a foreign change to a switch. */
export type RepairCause = "audit" | "resync";

/** A foreign change to OpenVTAP's entries that has been repaired. */
export interface Repair {
  /** What detected the latest part of it. */
  readonly by: RepairCause;
  readonly drift: Drift;
  /** A few of the flow entries: as the switch had confirmed them, and as they were read. */
  readonly flows: readonly DriftedFlow[];
}

/**
 * The repairs of one switch. A repair ends when the switch has nothing left to do. Until then any
 * further drift is part of it, also when the connection is lost meanwhile.
 *
 * Transitions: none -> (found) open -> (found) open -> (over) none.
 */
export class Repairs {
  readonly counts: Record<RepairCause, number> = { audit: 0, resync: 0 };
  #open: Repair | undefined;

  /** Drift has been detected; its repair begins. */
  found(by: RepairCause, drift: Drift, flows: readonly DriftedFlow[]): void {
    const before = this.#open;
    const sum = before ? added(before.drift, drift) : drift;
    this.#open = { by, drift: sum, flows: before?.flows ?? flows };
  }

  /** The switch has nothing left to do. Returns what has been repaired, if anything. */
  over(): Repair | undefined {
    const repair = this.#open;
    this.#open = undefined;
    if (repair) this.counts[repair.by]++;
    return repair;
  }
}

function added(a: Drift, b: Drift): Drift {
  return {
    missing: a.missing + b.missing,
    changed: a.changed + b.changed,
    unexpected: a.unexpected + b.unexpected,
  };
}
