// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../lang/steps.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import type { RepairCause } from "../readback/repairs.ts";

/** Progress of a switch towards its desired entries. */
export interface SwitchProgress {
  readonly connected: boolean;
  /** Its tables have been read since it connected. */
  readonly synced: boolean;
  /** Entries that are neither as desired nor refused: to be installed, changed or removed. */
  readonly pending: number;
  readonly refused: number;
  /** Flow-mods, group-mods and meter-mods sent since the process started. */
  readonly modsSent: number;
  /** Repairs of foreign changes, by what detected them, since the process started. */
  readonly repairs: Readonly<Record<RepairCause, number>>;
}

/** Counts, in time proportional to the entries desired and installed. What changes meanwhile may count or not. */
export function* progressOf(sync: SwitchSync): Steps<SwitchProgress> {
  const { tracker, modsSent, channel, events } = sync;
  let pending = 0;
  yield* forEach(tracker.desired.keys(), (key) => {
    if (!tracker.status.isConfirmed(key) && !tracker.status.isRefused(key)) pending++;
  });
  yield* forEach(tracker.installed.keys(), (key) => {
    if (!tracker.desired.has(key) && !tracker.status.isRefused(key)) pending++;
  });
  return {
    connected: channel !== undefined,
    synced: tracker.isCurrent,
    pending,
    refused: tracker.errors.flows.size,
    modsSent,
    repairs: events.repairCounts,
  };
}
