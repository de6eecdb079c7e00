// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { YieldTimer } from "../../src/runtime/index.ts";

test("of many that yield, one continues in each turn of the event loop, in order", async () => {
  const continued: number[] = [];
  for (const index of [0, 1, 2]) {
    void new YieldTimer().yieldNow().then(() => continued.push(index));
  }
  expect(continued).toEqual([]);
  for (const expected of [[0], [0, 1], [0, 1, 2]]) {
    await turn();
    expect(continued).toEqual(expected);
  }
});

/** Works until the timer says that it is enough; the milliseconds that took. */
function work(timer: YieldTimer): number {
  const began = performance.now();
  while (!timer.shouldYield);
  return performance.now() - began;
}

test("works of one turn of the event loop share its time, and each gets some", async () => {
  await turn();
  const first = work(new YieldTimer(40));
  const second = work(new YieldTimer(40));
  expect(first).toBeGreaterThanOrEqual(40);
  expect(second).toBeGreaterThan(0);
  expect(second).toBeLessThan(first);
  // A queue's operation is not cut short by what came before it in the turn.
  expect(work(YieldTimer.whole())).toBeGreaterThanOrEqual(10);
  await turn();
  expect(work(new YieldTimer(40))).toBeGreaterThanOrEqual(40);
});
