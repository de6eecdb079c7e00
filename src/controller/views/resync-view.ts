import type { RefusedEntries, ResyncOutcome } from "../../reconcile/index.ts";
import type { Switch } from "../../topology/index.ts";

/** What became of a resync, as clients see it. */
export interface ResyncView {
  readonly dpid: string;
  readonly name: string;
  readonly state: "inSync" | "repaired" | "underWay" | "notConnected";
  /** Entries, groups and meters of ours that were not as the switch had confirmed them. */
  readonly drift?: {
    readonly missing: number;
    readonly changed: number;
    readonly unexpected: number;
  };
  /** Entries that it does not hold as they are wanted all the same. */
  readonly refused?: RefusedEntries;
}

export function resyncView({ dpid, name }: Switch, outcome: ResyncOutcome | undefined): ResyncView {
  if (outcome?.type !== "done") return { dpid, name, state: outcome?.type ?? "notConnected" };
  const { drift, refused } = outcome;
  const { missing, changed, unexpected } = drift;
  const state = missing + changed + unexpected > 0 ? "repaired" : "inSync";
  return { dpid, name, state, drift, refused };
}
