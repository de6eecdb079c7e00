import { type Drift, driftedFlows, driftOf } from "../readback/drift.ts";
import { type RepairCause, Repairs } from "../readback/repairs.ts";
import { NONE_REFUSED, refusedEntries } from "../state/refused-entries.ts";
import type { SwitchTracker, Tables } from "../state/switch-tracker.ts";
import type { SyncContext } from "./sync-context.ts";

/** Finds out what is worth telling of a switch, and tells it when the switch has nothing to do. */
export class SwitchEvents {
  readonly repairs = new Repairs();
  readonly #context: SyncContext;
  #refused = NONE_REFUSED;

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /**
   * The tables have been read: what somebody else had changed. After an outcome that is not known,
   * and when the switch has been away, nobody can tell (`isTellable`): undefined.
   */
  read(
    tracker: SwitchTracker,
    tables: Tables,
    { by, isTellable }: { readonly by: RepairCause; readonly isTellable: boolean },
  ): Drift | undefined {
    const drift = isTellable ? driftOf(tracker, tables) : undefined;
    if (!drift) return undefined;
    this.repairs.found(by, drift, driftedFlows(tracker, tables));
    const what = "somebody else changed our flow entries, groups or meters: repairing";
    this.#context.logger.warn({ ...drift }, what);
    return drift;
  }

  /** Nothing is left to do. Before, what is tried again is not refused yet, nor is all repaired. */
  atRest(tracker: SwitchTracker): void {
    this.#tellOfRefused(tracker);
    const repair = this.repairs.over();
    if (repair) this.#context.repaired(repair);
  }

  /** The switch is gone for good, and what it held: nothing is repaired any more. */
  forgotten(tracker: SwitchTracker): void {
    this.#tellOfRefused(tracker);
  }

  #tellOfRefused(tracker: SwitchTracker): void {
    const old = this.#refused;
    const now = refusedEntries(tracker);
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    this.#refused = now;
    this.#context.refused(old, now);
  }
}
