// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
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

/** Works until the timer says that it is enough; the milliseconds that took, of a clock that nothing else moves. */
function work(timer: YieldTimer): number {
  const began = performance.now();
  while (!timer.shouldYield) vi.advanceTimersByTime(1);
  return performance.now() - began;
}

test("works of one turn of the event loop share its time, and each gets some", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await turn();
  // The turn begins, for this purpose, when a work of it has used its least time, 2 ms.
  expect(work(new YieldTimer(40))).toBe(40);
  expect(work(new YieldTimer(40))).toBe(2);
  // A queue's operation is not cut short by what came before it in the turn.
  expect(work(YieldTimer.whole())).toBe(10);
  await turn();
  expect(work(new YieldTimer(40))).toBe(40);
});
