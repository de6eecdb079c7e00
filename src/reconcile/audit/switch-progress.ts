import type { SwitchSync } from "../apply/switch-sync.ts";
import type { RepairCause } from "../readback/repairs.ts";

/** How a switch stands. */
export interface SwitchProgress {
  readonly connected: boolean;
  /** Its tables have been read since it connected. */
  readonly synced: boolean;
  /** Entries that are not as wanted, and not refused: to be installed, changed or removed. */
  readonly pending: number;
  readonly refused: number;
  /** Flow-mods, group-mods and meter-mods sent since the process started. */
  readonly modsSent: number;
  /** Repairs of what somebody else had changed, by who found it, since the process started. */
  readonly repairs: Readonly<Record<RepairCause, number>>;
}

/** Counts, in time proportional to the entries wanted and installed. */
export function progressOf({ tracker, modsSent, channel, news }: SwitchSync): SwitchProgress {
  let pending = 0;
  for (const key of tracker.desired.keys()) {
    if (!tracker.isConfirmed(key) && !tracker.isRefused(key)) pending++;
  }
  for (const key of tracker.flows.keys()) {
    if (!tracker.desired.has(key) && !tracker.isRefused(key)) pending++;
  }
  const connected = channel !== undefined;
  const { synced, refused } = tracker;
  const repairs = news.repairs.counts;
  return { connected, synced, pending, refused: refused.size, modsSent, repairs };
}
