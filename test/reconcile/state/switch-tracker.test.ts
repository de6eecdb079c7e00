// SPDX-License-Identifier: Apache-2.0
import { expect, expectTypeOf, test } from "vitest";
import { flowKey } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import {
  type ConfirmedChange,
  confirmedChanges,
} from "../../../src/reconcile/model/confirmed-change.ts";
import type { TableChange } from "../../../src/reconcile/model/table-change.ts";
import { noTables } from "../../../src/reconcile/model/tables.ts";
import type { PlanContext } from "../../../src/reconcile/plan/plan-switch.ts";
import { SwitchTracker } from "../../../src/reconcile/state/switch-tracker.ts";
import type { SwitchTrackerView } from "../../../src/reconcile/state/tracker-view.ts";
import { accept, load, planSwitch } from "../at-once.ts";
import { failed } from "../fake-switch.ts";
import { copy, forwarding, original, rewriting } from "../specs.ts";

const CONTEXT: PlanContext = {
  gate: {
    isConfirmed: () => true,
    mayExist: () => true,
    stillServes: () => true,
    isGuarding: () => true,
  },
  forwarding: { mayFlood: () => true, mayForward: () => true, presentPath: () => undefined },
  groupIds: { first: 100, last: 199 },
  meterIds: { first: 300, last: 399 },
  sweepAllowed: true,
  isRetained: () => false,
  now: 0,
  neededMs: () => undefined,
  limit: Number.POSITIVE_INFINITY,
};
const spec = forwarding(1);
const key = flowKey(spec);

function inRound() {
  const tracker = new SwitchTracker();
  load(tracker, noTables(), CONTEXT.meterIds);
  tracker.desire(key, spec);
  const plan = planSwitch(tracker, CONTEXT);
  accept(tracker, plan);
  tracker.beginRound(plan);
  return { tracker, plan };
}

test("the types allow installed entries to change on confirmation only", () => {
  expectTypeOf<TableChange>().not.toExtend<ConfirmedChange>();
  expectTypeOf<SwitchTracker["confirm"]>().parameter(0).toExtend<readonly ConfirmedChange[]>();
  expectTypeOf<SwitchTracker["installed"]>().not.toHaveProperty("set");
  expectTypeOf<SwitchTracker["groups"]>().not.toHaveProperty("add");
  expectTypeOf<SwitchTrackerView>().not.toHaveProperty("confirm");
});

test("a sent change is installed once it is confirmed", () => {
  const { tracker, plan } = inRound();
  expect(tracker.inFlight.touches(key)).toBe(true);
  expect([tracker.installed.size, tracker.status.isConfirmed(key)]).toEqual([0, false]);
  tracker.stepAnswered([]);
  tracker.confirm(confirmedChanges(plan.changes, { type: "committed" }));
  tracker.endRound();
  expect([tracker.installed.size, tracker.status.isConfirmed(key)]).toEqual([1, true]);
  expect([tracker.inFlight.isIdle, tracker.dirty.size]).toEqual([true, 0]);
});

test("of messages sent one by one, those that failed are not confirmed", () => {
  const { tracker, plan } = inRound();
  const failures = [{ index: 0, error: failed("OUT_OF_GROUPS") }];
  tracker.confirm(confirmedChanges(plan.changes, { type: "done", failures }));
  expect(tracker.installed.size).toBe(0);
});

test("an abandoned round is planned again", () => {
  const { tracker, plan } = inRound();
  const records = complete(tracker.abandoning(plan));
  expect(records).toEqual([{ key, from: undefined, to: undefined, wake: true }]);
  expect([...tracker.dirty]).toEqual([key]);
  expect([tracker.inFlight.isIdle, tracker.isCurrent]).toEqual([true, true]);
});

test("after a round without an answer, an entry may exist until the tables are read", () => {
  const { tracker, plan } = inRound();
  complete(tracker.losingRound(plan, plan.changes));
  expect(tracker.inFlight.uncertainFlows).toHaveLength(1);
  expect([tracker.isCurrent, tracker.status.mayExist(key)]).toEqual([false, true]);
  load(tracker, noTables(), CONTEXT.meterIds);
  expect([tracker.isCurrent, tracker.status.mayExist(key)]).toEqual([true, false]);
  expect([...tracker.dirty]).toEqual([key]);
});

test("a refused group refuses its entry; a changed desired entry clears the error", () => {
  const tracker = new SwitchTracker();
  load(tracker, noTables(), CONTEXT.meterIds);
  const tap = rewriting(1, [original(), copy(1)]);
  tracker.desire(flowKey(tap), tap);
  const [group] = planSwitch(tracker, CONTEXT).changes;
  if (group?.type !== "groupAdd") throw new Error("unexpected plan");
  expect(tracker.refuse(group, "full")).toEqual([]);
  accept(tracker, planSwitch(tracker, CONTEXT));
  expect(tracker.errors.flows.get(flowKey(tap))?.reason).toBe("full");
  tracker.desire(flowKey(tap), { ...tap });
  expect([tracker.errors.flows.size, tracker.errors.groupReason(group.group.key)]).toEqual([
    0,
    undefined,
  ]);
});
