// SPDX-License-Identifier: Apache-2.0
import { categoryOf, type FlowKey } from "../../flow-model/index.ts";
import type { InstalledEntries, InstalledFlow } from "../model/installed.ts";
import { flowsInstalledBy } from "../model/table-change.ts";
import type { SwitchTrackerView } from "./tracker-view.ts";

/** Installation state of an entry; `refused` carries the OpenFlow error in words. */
export type EntryState = "confirmed" | "pending" | { readonly refused: string };

/** Installation state of a desired entry; pending, too, when it is not desired (yet). */
export function entryState(tracker: SwitchTrackerView | undefined, key: FlowKey): EntryState {
  if (!tracker?.desired.has(key)) return "pending";
  const error = tracker.status.isRefused(key) ? tracker.errors.flows.get(key) : undefined;
  if (error) return { refused: error.reason };
  return tracker.status.isConfirmed(key) ? "confirmed" : "pending";
}

/** Whether an entry that is not desired may still be on its switch, and its removal is possible. */
export function isLeaving(tracker: SwitchTrackerView | undefined, key: FlowKey): boolean {
  if (!tracker || tracker.desired.has(key) || tracker.status.isRefused(key)) return false;
  return tracker.status.mayExist(key) || tracker.inFlight.touches(key);
}

/** Whether a switch has been read, and has no entry that is not desired. */
export function hasDesiredAlone(tracker: SwitchTrackerView | undefined): boolean {
  if (!tracker?.isRead || tracker.inFlight.hasUncertain) return false;
  for (const key of tracker.installed.keys()) if (!tracker.desired.has(key)) return false;
  return true;
}

/**
 * How many entries that make, carry or recover copies a switch holds. Undefined when unknown: it has
 * not been read, or a change is in flight.
 */
export function tapRules(tracker: SwitchTrackerView | undefined): number | undefined {
  if (!tracker?.isRead || tracker.inFlight.hasUncertain || !tracker.inFlight.isIdle) {
    return undefined;
  }
  let count = 0;
  for (const { cookie } of tracker.installed.values()) {
    if (!PRODUCTION.has(categoryOf(cookie) ?? "")) count++;
  }
  return count;
}

/** The own entries of a switch, as last confirmed. */
export function installedEntries({
  installed,
  groups,
  meters,
}: SwitchTrackerView): InstalledEntries {
  return {
    flows: [...installed.values()],
    groups: [...groups.installed.values()],
    meters: [...meters.installed.values()],
  };
}

/** The own flow entries that a switch holds, or may hold when what it was sent is in effect. */
export function* flowsThatMayExist({
  installed,
  inFlight,
}: SwitchTrackerView): Generator<InstalledFlow> {
  yield* installed.values();
  yield* flowsInstalledBy(inFlight.changes);
  yield* inFlight.uncertainFlows;
}

/** Categories of the entries that exist without taps. */
const PRODUCTION: ReadonlySet<string> = new Set(["forwarding", "discovery"]);
