// SPDX-License-Identifier: Apache-2.0
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

/** Counts, in time proportional to the entries desired and installed. */
export function progressOf({ tracker, modsSent, channel, events }: SwitchSync): SwitchProgress {
  let pending = 0;
  for (const key of tracker.desired.keys()) {
    if (!tracker.status.isConfirmed(key) && !tracker.status.isRefused(key)) pending++;
  }
  for (const key of tracker.installed.keys()) {
    if (!tracker.desired.has(key) && !tracker.status.isRefused(key)) pending++;
  }
  return {
    connected: channel !== undefined,
    synced: tracker.isCurrent,
    pending,
    refused: tracker.errors.flows.size,
    modsSent,
    repairs: events.repairCounts,
  };
}
