// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../src/flow-model/index.ts";
import { complete } from "../../src/lang/steps.ts";
import type { IdRange } from "../../src/reconcile/model/id-range.ts";
import type { RecordChange } from "../../src/reconcile/model/record-change.ts";
import type { SwitchPlan } from "../../src/reconcile/model/switch-plan.ts";
import type { Tables } from "../../src/reconcile/model/tables.ts";
import { type PlanContext, planningSwitch } from "../../src/reconcile/plan/plan-switch.ts";
import {
  type OwnIds,
  type TableListing,
  tablesFromListing,
} from "../../src/reconcile/readback/readback.ts";
import type { SwitchTracker } from "../../src/reconcile/state/switch-tracker.ts";
import { StepQueue } from "../../src/runtime/index.ts";

/** What is done in steps, all steps at once. */

/** A queue that ends each operation in the turn in which it begins, whatever the load of the machine. */
export function unslicedQueue(): StepQueue {
  return new StepQueue(() => ({ shouldYield: false }));
}

export function planSwitch(tracker: SwitchTracker, context: PlanContext): SwitchPlan {
  return complete(planningSwitch(tracker, context));
}

export function accept(tracker: SwitchTracker, plan: SwitchPlan): readonly RecordChange[] {
  return complete(tracker.accepting(plan));
}

export function load(tracker: SwitchTracker, tables: Tables, meterIds: IdRange): void {
  complete(tracker.loading(tables, meterIds));
}

export function tablesOf(
  listing: TableListing,
  desired: ReadonlyMap<FlowKey, FlowSpec>,
  own: OwnIds,
): Tables {
  return complete(tablesFromListing(listing, desired, own));
}
