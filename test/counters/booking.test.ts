// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { propertyRuns } from "../properties.ts";
import { BookingWorld } from "./booking-world.ts";

type Step =
  | { readonly frames: number; readonly lost: number; readonly rule: number }
  | { readonly pass: number }
  | { readonly poll: number }
  | { readonly do: "suspend" | "resume" | "kill" | "flush" | "restart" };

function take(world: BookingWorld, step: Step): void {
  if ("frames" in step) world.frames(step.rule, step.frames, step.lost);
  else if ("pass" in step) world.pass(step.pass);
  else if ("poll" in step) world.read(step.poll);
  else if (step.do === "suspend") world.suspend();
  else if (step.do === "resume") world.resume();
  else if (step.do === "kill") world.kill();
  else if (step.do === "restart") world.restart();
  else world.world.flush();
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        rule: fc.integer({ min: 0, max: 3 }),
        frames: fc.integer({ min: 1, max: 50 }),
        lost: fc.integer({ min: 0, max: 5 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 4_000 }) }) },
    { weight: 3, arbitrary: fc.record({ poll: fc.integer({ min: 0, max: 1 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "suspend" as const,
          "resume" as const,
          "kill" as const,
          "flush" as const,
          "restart" as const,
        ),
      }),
    },
  ),
  { maxLength: 60 },
);

/** What a policy's counters say, and what happened. */
function compared(world: BookingWorld, id: string) {
  const { copied, delivered, lost } = world.world.totals(id);
  const truth = world.world.trueTotals(id);
  return {
    copied: [copied.packets, truth.copied] as const,
    delivered: [delivered.packets, truth.delivered] as const,
    lost: [lost, truth.copied - truth.delivered] as const,
  };
}

test("switches that count late: never too many, nothing that arrived is lost, exact is exact", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const world = new BookingWorld();
      for (const step of list) take(world, step);
      world.resume();
      world.settle();
      for (const id of ["p0", "p1"]) {
        const { copied, delivered, lost } = compared(world, id);
        expect(copied[0]).toBeLessThanOrEqual(copied[1]);
        if (!world.isExact(id)) continue;
        expect([id, copied[0]]).toEqual([id, copied[1]]);
        // One recovery rule counts the copies of both: the losses are divided.
        if (world.isExact("p0") && world.isExact("p1")) continue;
        expect([delivered[0] + lost[0]]).toEqual([copied[1]]);
      }
      const both = ["p0", "p1"].map((id) => compared(world, id));
      const sum = (of: "delivered" | "lost", which: 0 | 1) =>
        both.reduce((total, each) => total + each[of][which], 0);
      expect(sum("lost", 0)).toBeLessThanOrEqual(sum("lost", 1));
      expect(sum("delivered", 0)).toBeLessThanOrEqual(sum("delivered", 1));
      if (!world.isExact("p0") || !world.isExact("p1")) return;
      expect(sum("delivered", 0)).toBe(sum("delivered", 1));
      expect(sum("lost", 0)).toBe(sum("lost", 1));
    }),
    { numRuns: propertyRuns(300) },
  );
});

test("suspended and resumed under steady traffic: nothing is lost, and it is said that some are missing", () => {
  const world = new BookingWorld();
  const steady = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      world.frames(0, 5, 0);
      world.pass(50);
      if (passed % 1_000 === 0) for (const at of [0, 1]) world.read(at);
    }
  };
  steady(5_000);
  world.suspend();
  steady(2_000);
  world.resume();
  steady(6_000);
  world.settle();
  const { copied, delivered, lost } = compared(world, "p0");
  expect(lost[0]).toBe(0);
  expect(delivered[0]).toBe(copied[0]);
  expect(copied[0]).toBeLessThanOrEqual(copied[1]);
  expect(copied[0]).toBeGreaterThan(copied[1] * 0.6);
  expect(world.isExact("p0")).toBe(false);
});

test("suspended and resumed while no frames come: exact", () => {
  const world = new BookingWorld();
  for (let round = 0; round < 2; round++) {
    world.frames(0, 20, 3);
    world.settle();
    world.suspend();
    world.pass(5_000);
    world.resume();
  }
  world.frames(0, 20, 3);
  world.settle();
  const { copied, delivered, lost } = compared(world, "p0");
  expect([copied[0], delivered[0], lost[0]]).toEqual([60, 51, 9]);
  expect(world.isExact("p0")).toBe(true);
});
