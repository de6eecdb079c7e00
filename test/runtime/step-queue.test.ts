// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { forEach, type Steps } from "../../src/lang/steps.ts";
import { QueueClosedError, StepQueue } from "../../src/runtime/step-queue.ts";
import { oneStep } from "./one-step-slices.ts";

/** A queue whose slices are of one step, and operations that note when they begin and end. */
function slicedQueue() {
  const queue = new StepQueue(oneStep);
  const noted: string[] = [];
  const long = (name: string) =>
    function* (): Steps<void> {
      noted.push(`${name} begins`);
      for (let step = 0; step < 3; step++) yield;
      noted.push(`${name} ends`);
    };
  return { queue, noted, long };
}

test("what is short is done when it has been added", () => {
  const queue = new StepQueue();
  let isDone = false;
  queue.add("ordinary", function* () {
    yield;
    isDone = true;
  });
  expect(isDone).toBe(true);
});

test("operations run one at a time, each to its end: urgent ones first, background between others", async () => {
  const { queue, noted, long } = slicedQueue();
  for (const name of ["a", "b", "c"]) queue.add("ordinary", long(name));
  queue.add("background", long("background"));
  queue.add("urgent", long("urgent"));
  expect(queue.hasUrgent).toBe(true);
  expect(noted).toEqual(["a begins"]);
  await queue.idle();
  const order = ["a", "urgent", "background", "b", "c"];
  expect(noted).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("other turns of the event loop come between the slices", async () => {
  const { queue, noted, long } = slicedQueue();
  queue.add("ordinary", long("a"));
  setImmediate(() => noted.push("turn"));
  await queue.idle();
  expect(noted).toEqual(["a begins", "turn", "a ends"]);
});

test("operations that are added in one turn share its slice", async () => {
  const { queue, noted } = slicedQueue();
  const short = (name: string) => () => forEach([name], (each) => noted.push(each));
  for (const name of ["a", "b", "c"]) queue.add("ordinary", short(name));
  expect(noted).toEqual(["a"]);
  await queue.idle();
  expect(noted).toEqual(["a", "b", "c"]);
  await new Promise((resolve) => setImmediate(resolve));
  queue.add("ordinary", short("d"));
  expect(noted).toEqual(["a", "b", "c", "d"]);
});

test("several queues have one slice in each turn together", async () => {
  const [x, y] = [slicedQueue(), slicedQueue()];
  let turn = 0;
  const ran: number[] = [];
  const counted = function* (): Steps<void> {
    for (let step = 0; step < 3; step++) {
      if (turn > 0) ran.push(turn);
      yield;
    }
  };
  const count = () => {
    turn++;
    if (ran.length < 4) setImmediate(count);
  };
  setImmediate(count);
  x.queue.add("ordinary", counted);
  y.queue.add("ordinary", counted);
  await Promise.all([x.queue.idle(), y.queue.idle()]);
  expect(ran).toHaveLength(4);
  expect(new Set(ran).size).toBe(4);
});

test("what is added for later begins in another turn, and the queue is not idle until then", async () => {
  const queue = new StepQueue();
  const noted: string[] = [];
  queue.addLater("ordinary", function* () {
    noted.push("operation");
    yield;
  });
  noted.push("caller");
  await queue.idle();
  expect(noted).toEqual(["caller", "operation"]);
});

test("a defect is the caller's, and what follows runs all the same", async () => {
  const { queue, noted, long } = slicedQueue();
  const failed = queue.run(function* (): Steps<never> {
    yield;
    throw new Error("defect");
  });
  queue.add("ordinary", long("next"));
  await expect(failed).rejects.toThrow("defect");
  await queue.idle();
  expect(noted).toEqual(["next begins", "next ends"]);
});

test("the results of operations that the end finds open are rejected", async () => {
  const { queue, noted, long } = slicedQueue();
  const begun = queue.run(long("a"));
  const waiting = queue.run(long("b"));
  queue.close();
  await expect(begun).rejects.toBeInstanceOf(QueueClosedError);
  await expect(waiting).rejects.toBeInstanceOf(QueueClosedError);
  expect(noted).toEqual(["a begins"]);
});

test("nothing begins after the end", async () => {
  const { queue, noted, long } = slicedQueue();
  queue.add("ordinary", long("a"));
  const idle = queue.idle();
  queue.close();
  await idle;
  queue.add("ordinary", long("b"));
  await expect(queue.run(long("c"))).rejects.toBeInstanceOf(QueueClosedError);
  expect(noted).toEqual(["a begins"]);
});

test("an operation that yields a promise continues when that is fulfilled, and no other begins before", async () => {
  const { queue, noted, long } = slicedQueue();
  let resolve = () => {};
  const event = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  queue.add("ordinary", function* () {
    noted.push("waits");
    yield event;
    noted.push("goes on");
  });
  queue.add("urgent", long("a"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(noted).toEqual(["waits"]);
  resolve();
  await queue.idle();
  expect(noted).toEqual(["waits", "goes on", "a begins", "a ends"]);
});
