// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { inLaterTurn, type TurnLane } from "../../src/runtime/later-turns.ts";
import { receiveInLaterTurn, receivingTurn } from "../../src/runtime/receiving-turn.ts";

const LANES: readonly TurnLane[] = ["urgent", "ordinary"];

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test.each(LANES)("what is short shares one turn: %s", async (lane) => {
  const handled: number[] = [];
  for (let n = 0; n < 100; n++) receiveInLaterTurn(() => handled.push(n), lane);
  expect(handled).toEqual([]);
  await turn();
  await turn();
  expect(handled).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test.each(LANES)("what is long has turns one after another, in its order: %s", async (lane) => {
  const handled: number[] = [];
  for (let n = 0; n < 3; n++) {
    receiveInLaterTurn(() => {
      spin(6);
      handled.push(n);
    }, lane);
  }
  for (let turns = 1; turns <= 3; turns++) {
    await turn();
    expect(handled.length).toBeLessThanOrEqual(turns);
  }
  while (handled.length < 3) await turn();
  expect(handled).toEqual([0, 1, 2]);
});

test("the urgent lane receives before the ordinary one, however much waits there", async () => {
  const handled: string[] = [];
  for (let n = 0; n < 20; n++) {
    receiveInLaterTurn(() => {
      spin(6);
      handled.push("ordinary");
    }, "ordinary");
  }
  await turn();
  receiveInLaterTurn(() => handled.push("urgent"), "urgent");
  while (!handled.includes("urgent")) await turn();
  expect(handled.length).toBeLessThanOrEqual(3);
  while (handled.length < 21) await turn();
  await new Promise<void>((resolve) => inLaterTurn(resolve));
});

test("in one turn the ordinary lane uses up no time of the urgent one", async () => {
  await turn();
  const ordinary = receivingTurn("ordinary");
  spin(3);
  expect(ordinary.shouldYield).toBe(true);
  expect(receivingTurn("urgent").shouldYield).toBe(false);
  await turn();
});
