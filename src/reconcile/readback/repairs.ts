import type { Drift, DriftedFlow } from "./drift.ts";

/** Who found that somebody else had changed a switch. */
export type RepairCause = "audit" | "resync";

/** What somebody else had changed of our entries, and what has been done about it. */
export interface Repair {
  /** Who found the last of it. */
  readonly by: RepairCause;
  readonly drift: Drift;
  /** A few of the flow entries: as the switch had confirmed them, and as they were found. */
  readonly flows: readonly DriftedFlow[];
}

/**
 * The repairs of one switch. One is over when the switch has nothing to do any more: until then what
 * else is found is part of it, also when the connection is lost meanwhile.
 */
export class Repairs {
  readonly counts: Record<RepairCause, number> = { audit: 0, resync: 0 };
  #open: Repair | undefined;

  /** Somebody else's changes have been found; they are being repaired from now on. */
  found(by: RepairCause, drift: Drift, flows: readonly DriftedFlow[]): void {
    const before = this.#open;
    const sum = before ? added(before.drift, drift) : drift;
    this.#open = { by, drift: sum, flows: before?.flows ?? flows };
  }

  /** The switch has nothing to do: what has been repaired, if anything. */
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
