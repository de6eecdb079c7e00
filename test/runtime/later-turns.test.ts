// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Steps } from "../../src/lang/steps.ts";
import { StepQueue, YieldTimer } from "../../src/runtime/index.ts";
import { inLaterTurn, type TurnLane } from "../../src/runtime/later-turns.ts";
import { oneStep } from "./one-step-slices.ts";

/** What has had its turn, and functions that queue and wait. */
function noting() {
  const noted: string[] = [];
  const queue = (name: string, lane?: TurnLane) => inLaterTurn(() => noted.push(name), lane);
  const until = async (count: number) => {
    while (noted.length < count) await turn();
  };
  return { noted, queue, until };
}

test("urgent work waits for one ordinary turn at most, however many wait", async () => {
  const { noted, queue, until } = noting();
  for (let n = 0; n < 100; n++) queue(`answer ${n}`);
  await turn();
  queue("reroute", "urgent");
  await until(101);
  expect(noted.indexOf("reroute")).toBeLessThanOrEqual(2);
});

test("each lane keeps its order, and ordinary work has one turn in five at least", async () => {
  const { noted, queue, until } = noting();
  for (let n = 0; n < 10; n++) queue("urgent", "urgent");
  for (const name of ["first", "second", "third"]) queue(name);
  await until(13);
  const ordinary = noted.flatMap((name, at) => (name === "urgent" ? [] : [[name, at]]));
  expect(ordinary.map(([name]) => name)).toEqual(["first", "second", "third"]);
  let before = -1;
  for (const [, at] of ordinary) {
    expect(Number(at) - before).toBeLessThanOrEqual(5);
    before = Number(at);
  }
});

test("one turn of the event loop continues one of both lanes", async () => {
  const { noted, queue, until } = noting();
  for (const lane of ["urgent", "ordinary", "urgent"] as const) queue(lane, lane);
  for (const count of [1, 2, 3]) {
    await turn();
    expect(noted).toHaveLength(count);
  }
  await until(3);
});

test("work that something urgent waits for overtakes, once, and not after its turn", async () => {
  const { noted, queue, until } = noting();
  const hurryFirst = queue("first");
  await until(1);
  hurryFirst();
  for (const name of ["a", "b", "c"]) queue(name);
  const hurry = queue("hurried");
  hurry();
  hurry();
  await until(5);
  await turn();
  await turn();
  expect(noted.filter((name) => name === "hurried")).toHaveLength(1);
  expect(noted.filter((name) => name === "first")).toHaveLength(1);
  expect(noted.indexOf("hurried")).toBeLessThan(noted.indexOf("b"));
});

test.each([["urgent"], ["ordinary"]] as const)(
  "a queue with an urgent operation behind one in the %s lane does not wait for a hundred answers",
  async (lane) => {
    const queue = new StepQueue(oneStep);
    let answered = 0;
    const answers = Array.from({ length: 100 }, async () => {
      await new YieldTimer().yieldNow();
      answered++;
    });
    const long = function* (): Steps<void> {
      for (let step = 0; step < 5; step++) yield;
    };
    queue.add(lane, long);
    queue.add("urgent", long);
    await queue.idle();
    expect(answered).toBeLessThan(20);
    await Promise.all(answers);
  },
);
