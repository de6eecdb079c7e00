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
