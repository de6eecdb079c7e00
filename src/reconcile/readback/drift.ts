// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import { hasSameContent, type InstalledFlow } from "../model/installed.ts";
import type { Tables } from "../model/tables.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";

/** How many flow entries, groups and meters differ from what a switch has confirmed. */
export interface Drift {
  readonly missing: number;
  readonly changed: number;
  readonly unexpected: number;
}

/** An own flow entry as the switch had confirmed it, and as it was read; absent: it was not there. */
export interface DriftedFlow {
  readonly old?: InstalledFlow;
  readonly new?: InstalledFlow;
}

/** How many drifted flow entries are reported individually. */
const FEW = 5;

/** Whether the foreign entry in the place of a refused one is gone. */
export function hasMadeRoom({ errors, foreignFlows }: SwitchTrackerView, read: Tables): boolean {
  for (const key of errors.flows.keys()) {
    if (foreignFlows.has(key) && !read.foreignFlows.has(key)) return true;
  }
  return false;
}

/** Compares the tables of a switch with what it has confirmed; undefined when they are the same. */
export function* driftOf(
  { installed, groups, meters }: SwitchTrackerView,
  read: Tables,
): Steps<Drift | undefined> {
  const drift = { missing: 0, changed: 0, unexpected: 0 };
  function* count<K, V>(
    before: ReadonlyMap<K, V>,
    now: ReadonlyMap<K, V>,
    same: (a: V, b: V) => boolean,
  ): Steps<void> {
    yield* forEach(before, ([key, old]) => {
      const found = now.get(key);
      if (found === undefined) drift.missing++;
      else if (!same(old, found)) drift.changed++;
    });
    yield* forEach(now.keys(), (key) => {
      if (!before.has(key)) drift.unexpected++;
    });
  }
  yield* count(installed, read.flows, hasSameContent);
  yield* count(groups.installed, read.groups, (a, b) => a.key === b.key);
  yield* count(meters.installed, read.meters.meters, (a, b) => a.key === b.key);
  return drift.missing + drift.changed + drift.unexpected > 0 ? drift : undefined;
}

/** The first few flow entries that differ from what a switch has confirmed. */
export function driftedFlows(
  { installed }: SwitchTrackerView,
  read: Tables,
): readonly DriftedFlow[] {
  const few: DriftedFlow[] = [];
  for (const [key, old] of installed) {
    if (few.length === FEW) return few;
    const found = read.flows.get(key);
    if (found === undefined) few.push({ old });
    else if (!hasSameContent(old, found)) few.push({ old, new: found });
  }
  for (const [key, found] of read.flows) {
    if (few.length === FEW) return few;
    if (!installed.has(key)) few.push({ new: found });
  }
  return few;
}

/** The flow entries that differ from what a switch has confirmed, or use a group or meter that does. */
export function* driftedKeys(
  { installed, groups, meters }: SwitchTrackerView,
  read: Tables,
): Steps<ReadonlySet<FlowKey>> {
  const differs = <K, V extends { readonly key: string }>(
    before: ReadonlyMap<K, V>,
    now: ReadonlyMap<K, V>,
    id: K,
  ) => before.get(id)?.key !== now.get(id)?.key;
  const keys = new Set<FlowKey>();
  yield* forEach(installed, ([key, old]) => {
    const found = read.flows.get(key);
    const isAlike =
      found !== undefined &&
      hasSameContent(old, found) &&
      !old.groups.some((id) => differs(groups.installed, read.groups, id)) &&
      !old.meters.some((id) => differs(meters.installed, read.meters.meters, id));
    if (!isAlike) keys.add(key);
  });
  yield* forEach(read.flows.keys(), (key) => {
    if (!installed.has(key)) keys.add(key);
  });
  return keys;
}
