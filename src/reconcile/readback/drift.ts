import type { InstalledFlow } from "../model/installed.ts";
import type { SwitchTracker, Tables } from "../state/switch-tracker.ts";

/** How many flow entries, groups and meters differ from what a switch has confirmed. */
export interface Drift {
  readonly missing: number;
  readonly changed: number;
  readonly unexpected: number;
}

/** A flow entry of ours as a switch had confirmed it, and as it was found; absent: it was not there. */
export interface DriftedFlow {
  readonly old?: InstalledFlow;
  readonly new?: InstalledFlow;
}

/** How many drifted flow entries are told of one by one. */
const FEW = 5;

/** What a switch has confirmed, as its tables would say it. */
function held({
  flows,
  groups,
  foreignGroups,
  foreignFlows,
  meters: { installed, foreign },
}: SwitchTracker): Tables {
  return { flows, groups, foreignGroups, foreignFlows, meters: { meters: installed, foreign } };
}

/** Whether somebody has made room for an entry of ours that was refused for want of it. */
export function hasMadeRoom({ refused, foreignFlows }: SwitchTracker, read: Tables): boolean {
  for (const key of refused.keys()) {
    if (foreignFlows.has(key) && !read.foreignFlows.has(key)) return true;
  }
  return false;
}

/** Compares the tables of a switch with what it has confirmed; undefined when they are the same. */
export function driftOf(tracker: SwitchTracker, read: Tables): Drift | undefined {
  const confirmed = held(tracker);
  const drift = { missing: 0, changed: 0, unexpected: 0 };
  const count = <K, V>(
    before: ReadonlyMap<K, V>,
    now: ReadonlyMap<K, V>,
    same: (a: V, b: V) => boolean,
  ) => {
    for (const [key, old] of before) {
      const found = now.get(key);
      if (found === undefined) drift.missing++;
      else if (!same(old, found)) drift.changed++;
    }
    for (const key of now.keys()) if (!before.has(key)) drift.unexpected++;
  };
  count(confirmed.flows, read.flows, sameFlow);
  count(confirmed.groups, read.groups, (a, b) => a.key === b.key);
  count(confirmed.meters.meters, read.meters.meters, (a, b) => a.key === b.key);
  return drift.missing + drift.changed + drift.unexpected > 0 ? drift : undefined;
}

/** The first few flow entries that differ from what a switch has confirmed. */
export function driftedFlows({ flows }: SwitchTracker, read: Tables): readonly DriftedFlow[] {
  const few: DriftedFlow[] = [];
  for (const [key, old] of flows) {
    if (few.length === FEW) return few;
    const found = read.flows.get(key);
    if (found === undefined) few.push({ old });
    else if (!sameFlow(old, found)) few.push({ old, new: found });
  }
  for (const [key, found] of read.flows) {
    if (few.length === FEW) return few;
    if (!flows.has(key)) few.push({ new: found });
  }
  return few;
}

function sameFlow(a: InstalledFlow, b: InstalledFlow): boolean {
  return a.cookie === b.cookie && a.actionsKey === b.actionsKey;
}
