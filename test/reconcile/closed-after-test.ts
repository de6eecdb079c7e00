// SPDX-License-Identifier: Apache-2.0
import { onTestFinished } from "vitest";
import type { Reconciler } from "../../src/reconcile/index.ts";

/** A reconciler that is closed when the test has finished: its audits would go on beside other tests. */
export function closedAfterTest(reconciler: Reconciler): Reconciler {
  // It waits for switches that do not answer; its timers end at once.
  onTestFinished(() => void reconciler.close());
  return reconciler;
}
