// SPDX-License-Identifier: Apache-2.0
import type { ResyncView } from "../../contract/resync.ts";
import type { ResyncOutcome } from "../../reconcile/index.ts";
import type { Switch } from "../../topology/index.ts";

export function resyncView({ dpid, name }: Switch, outcome: ResyncOutcome | undefined): ResyncView {
  if (outcome?.type !== "done") return { dpid, name, state: outcome?.type ?? "notConnected" };
  const { drift, refused } = outcome;
  const { missing, changed, unexpected } = drift;
  const state = missing + changed + unexpected > 0 ? "repaired" : "inSync";
  return { dpid, name, state, drift, refused };
}
