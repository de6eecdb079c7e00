// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { Tables } from "../model/tables.ts";
import { type Drift, driftedFlows, driftedKeys, driftOf } from "../readback/drift.ts";
import { type RepairCause, Repairs } from "../readback/repairs.ts";
import { NONE_REFUSED, refusedEntries } from "../state/refused-entries.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";
import type { SyncContext } from "./sync-context.ts";

/** Why tables have been read, and whether they can be compared with what the switch has confirmed. */
export interface ReadingCause {
  readonly by: RepairCause;
  readonly isComparable: boolean;
}

/** Publishes repairs and refused entries of a switch, once the switch has nothing left to do. */
export class SwitchEvents {
  readonly #repairs = new Repairs();
  readonly #context: SyncContext;
  #refused = NONE_REFUSED;

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Repairs so far, by cause. */
  get repairCounts(): Readonly<Record<RepairCause, number>> {
    return this.#repairs.counts;
  }

  /**
   * The tables have been read. Returns the drift; undefined if there is none, or if it cannot be
   * determined (`isComparable`): after an unknown outcome, and after the switch was disconnected.
   */
  *tablesRead(
    tracker: SwitchTrackerView,
    tables: Tables,
    { by, isComparable }: ReadingCause,
  ): Steps<Drift | undefined> {
    this.#context.foreignFlows(Array.from(tables.foreignFlows.values(), ({ listed }) => listed));
    const drift = isComparable ? yield* driftOf(tracker, tables) : undefined;
    if (!drift) return undefined;
    const keys = yield* driftedKeys(tracker, tables);
    this.#repairs.found(by, { drift, flows: driftedFlows(tracker, tables), keys });
    const what = "another application changed OpenVTAP's flow entries, groups or meters: repairing";
    this.#context.logger.warn({ ...drift }, what);
    return drift;
  }

  /** Nothing is left to do. Before that, refused entries are being retried and repairs are open. */
  atRest(tracker: SwitchTrackerView): void {
    this.#reportRefused(tracker);
    const repair = this.#repairs.over();
    if (repair) this.#context.repaired(repair);
  }

  /** The switch has been removed, with what it held: no repair follows. */
  forgotten(tracker: SwitchTrackerView): void {
    this.#context.foreignFlows([]);
    this.#reportRefused(tracker);
  }

  #reportRefused(tracker: SwitchTrackerView): void {
    const old = this.#refused;
    const now = refusedEntries(tracker);
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    this.#refused = now;
    this.#context.refused(old, now);
  }
}
