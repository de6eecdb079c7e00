// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
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
  /** All flow entries that differed, themselves or in the groups and meters that they use. */
  readonly keys: ReadonlySet<FlowKey>;
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
  found(by: RepairCause, { drift, flows, keys }: Omit<Repair, "by">): void {
    const before = this.#open;
    this.#open = {
      by,
      drift: before ? added(before.drift, drift) : drift,
      flows: before?.flows ?? flows,
      keys: before ? new Set([...before.keys, ...keys]) : keys,
    };
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
