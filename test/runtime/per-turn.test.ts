// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { perTurn } from "../../src/runtime/per-turn.ts";

test("a value is made once in each turn of the event loop in which it is asked for", async () => {
  let made = 0;
  const value = perTurn(() => ++made);
  expect([value(), value()]).toEqual([1, 1]);
  await turn();
  await turn();
  expect(made).toBe(1);
  expect([value(), value()]).toEqual([2, 2]);
});
