// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ledger } from "../../src/counters/ledger.ts";
import type { Totals } from "../../src/counters/totals.ts";
import { cookieFor, type EntryRef, splitEntryRef } from "../../src/flow-model/index.ts";
import { complete } from "../../src/lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../src/policy/index.ts";
import { propertyRuns } from "../properties.ts";
import { EDGES, FRAME_BYTES, TAPS, World } from "./world.ts";

function figures({ copied, delivered, lost }: Totals) {
  return [copied.packets, delivered.packets, lost];
}

describe("the ledger", () => {
  test("counts copies, arrivals and losses; a shared rule for each policy", () => {
    const world = new World();
    world.traffic(0, 10, 3);
    world.traffic(2, 5, 0);
    world.traffic(3, 7, 0);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([10, 7, 3]);
    expect(figures(world.totals("p1"))).toEqual([7, 7, 0]);
    expect(figures(world.totals("p2"))).toEqual([15, 12, 3]);
    expect(world.totals("p2").delivered.bytes).toBe(12 * FRAME_BYTES);
  });

  test("splits the losses before a shared recovery rule in proportion to the copies", () => {
    const world = new World();
    world.traffic(0, 300, 100);
    world.traffic(1, 100, 0);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([300, 225, 75]);
    expect(figures(world.totals("p1"))).toEqual([100, 75, 25]);
  });

  test("counts no copy as lost while its arrival may still be counted", () => {
    const world = new World();
    world.now = 1_000;
    world.traffic(0, 10, 10);
    world.poll(TAPS);
    world.now = 2_500;
    world.poll(EDGES);
    expect(figures(world.totals("p0"))).toEqual([10, 0, 0]);
    world.now = 3_001;
    world.poll(EDGES);
    expect(figures(world.totals("p0"))).toEqual([10, 0, 10]);
  });

  test("an arrival may be counted before its copy", () => {
    const world = new World();
    world.traffic(0, 10, 0);
    world.now = 5_000;
    world.poll(EDGES);
    expect(figures(world.totals("p0"))).toEqual([0, 0, 0]);
    world.poll(TAPS);
    expect(figures(world.totals("p0"))).toEqual([10, 10, 0]);
  });

  test("of a rule before which another entry takes frames are not exact from then on", () => {
    const world = new World();
    const read = () => {
      world.now += 10_000;
      for (const dpid of [TAPS, EDGES]) world.poll(dpid);
    };
    read();
    world.traffic(0, 10, 0);
    read();
    const exact = () => ["p0", "p1", "p2"].filter((id) => world.isExact(id));
    expect(exact()).toEqual(["p0", "p1", "p2"]);
    for (const { ref } of world.sources.slice(0, 1)) world.overridden.add(ref);
    read();
    expect(exact()).toEqual(["p1"]);
    world.overridden.clear();
    read();
    expect(exact()).toEqual(["p1"]);
  });

  test("foreign frames that arrive with a tap mark do not hide a loss for long", () => {
    const world = new World();
    const [sink] = world.sinks;
    if (sink) sink.packets += 50;
    world.settle();
    world.traffic(0, 10, 10);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([10, 0, 10]);
  });

  test("a policy added to a rule that counts already begins at the next reading", () => {
    const world = new World();
    world.policies.late = [];
    world.plan();
    world.traffic(0, 10, 0);
    world.settle();
    world.traffic(0, 10, 0);
    world.policies.late = [0];
    world.plan();
    world.traffic(0, 1, 0);
    world.settle();
    world.traffic(0, 5, 0);
    world.settle();
    expect(figures(world.totals("late"))).toEqual([5, 5, 0]);
    expect(figures(world.totals("p0"))).toEqual([26, 26, 0]);
  });

  test("a policy that is deleted and created again starts at zero; its final count is dropped", () => {
    const world = new World();
    world.traffic(0, 10, 0);
    world.settle();
    world.ledger.remove("p0" as PolicyId);
    world.flush();
    world.traffic(0, 10, 0);
    const [rule] = world.sources;
    if (rule) world.replace(rule, true);
    world.plan();
    expect(figures(world.totals("p0"))).toEqual([0, 0, 0]);
    world.traffic(0, 2, 0);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([2, 2, 0]);
    expect(figures(world.totals("p2"))).toEqual([22, 22, 0]);
  });

  test("frames around a change of a monitor's bucket are not counted for it", () => {
    const world = new World();
    world.marks = new Set(["other"]);
    world.traffic(0, 10, 10);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([0, 0, 0]);
  });

  test("copies whose switch has lost its count are not counted as lost", () => {
    const world = new World();
    world.settle();
    world.traffic(0, 10, 0);
    world.restartSwitch(EDGES);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([10, 0, 0]);
    world.traffic(0, 4, 1);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([14, 3, 1]);
  });

  test.each([
    ["tap points", [TAPS, EDGES]],
    ["monitors", [EDGES, TAPS]],
  ])(
    "copies that arrive at a rule younger than theirs are delivered; first read: %s",
    (_, order) => {
      const world = new World();
      const [sink] = world.sinks;
      if (!sink) throw new Error("no recovery rule");
      world.withhold(sink);
      world.now = 1_500;
      // In transit before the monitor's switch had its rule: they look like all others.
      world.traffic(0, 3, 0);
      world.install(sink);
      world.now = 2_000;
      world.traffic(0, 7, 0);
      for (const dpid of order) {
        world.now += 3_000;
        world.poll(dpid);
      }
      world.settle();
      expect(figures(world.totals("p0"))).toEqual([10, 7, 0]);
      // The first ones have no effect any longer.
      world.traffic(0, 4, 1);
      world.settle();
      expect(figures(world.totals("p0"))).toEqual([14, 10, 1]);
    },
  );

  test.each([
    ["tap points", [TAPS, EDGES]],
    ["monitors", [EDGES, TAPS]],
  ])("published arrivals are not pending after a restart; first read: %s", (_, order) => {
    const world = new World();
    world.traffic(0, 10, 0);
    for (const dpid of order) {
      world.now += 4_000;
      world.poll(dpid);
      world.flush();
    }
    world.restartController();
    world.traffic(0, 10, 5);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([20, 15, 5]);
  });

  test("arrivals that wait for their copies continue to wait after a restart", () => {
    const world = new World();
    world.settle();
    world.traffic(0, 10, 0);
    world.now += 5_000;
    world.poll(EDGES);
    world.flush();
    world.restartController();
    world.poll(EDGES);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([10, 10, 0]);
  });

  test("copies without an attribution are not counted as lost after a restart", () => {
    const world = new World();
    for (const sink of world.sinks) world.withhold(sink);
    world.traffic(0, 1, 0);
    // The attributions begin after the copies were made.
    world.restartController();
    world.poll(TAPS);
    world.flush();
    world.restartController();
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([0, 0, 0]);
  });

  test("copies counted by a rule that was replaced just before a crash are not counted as lost", () => {
    const world = new World();
    const [sink] = world.sinks;
    if (!sink) throw new Error("no recovery rule");
    world.poll(TAPS);
    world.poll(EDGES);
    world.flush();
    world.traffic(0, 1, 0);
    world.replace(sink, true);
    world.restartController();
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([1, 0, 0]);
  });

  test("rules that are added over themselves are counted once, and none of their copies is lost", () => {
    const world = new World();
    const [rule] = world.sources;
    const [sink] = world.sinks;
    if (!rule || !sink) throw new Error("no rules");
    world.traffic(0, 100, 0);
    world.settle();
    for (let turn = 0; turn < 3; turn++) {
      world.now += 2_000;
      world.traffic(0, 10, 0);
      world.readd(rule);
      world.readd(sink);
      world.traffic(0, 10, 0);
      // Twice between two readings.
      world.now += 100;
      world.readd(rule);
      world.readd(sink);
      if (turn > 0) world.settle();
    }
    expect(figures(world.totals("p0"))).toEqual([160, 160, 0]);
    expect(world.isExact("p0")).toBe(true);
  });

  test("a reading that precedes the change does not hide it", () => {
    const world = new World();
    const [rule] = world.sources;
    if (!rule) throw new Error("no rule");
    world.traffic(0, 100, 0);
    world.settle();
    world.ledger.readding(rule.ref, world.now);
    world.settle();
    rule.addedAt = world.now;
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([100, 100, 0]);
    expect(world.isExact("p0")).toBe(true);
  });

  test.each(["the session ends", "the controller is killed"])(
    "a rule that is added over itself, whereupon %s, is not counted twice, and not exact",
    (what) => {
      const world = new World();
      const [rule] = world.sources;
      if (!rule) throw new Error("no rule");
      world.traffic(0, 100, 0);
      world.settle();
      world.readd(rule);
      if (what === "the session ends") complete(world.ledger.disconnecting(TAPS));
      else world.restartController();
      world.traffic(0, 1, 0);
      world.settle();
      expect(figures(world.totals("p0"))).toEqual([101, 101, 0]);
      expect(world.isExact("p0")).toBe(false);
    },
  );

  test("copies made while the controller is down are counted when it is back", () => {
    const world = new World();
    world.traffic(0, 10, 1);
    world.now += 5_000;
    world.poll(EDGES);
    world.poll(TAPS);
    world.flush();
    world.traffic(0, 10, 1);
    world.restartController();
    world.traffic(0, 10, 1);
    world.settle();
    expect(figures(world.totals("p0"))).toEqual([30, 27, 3]);
  });
});

/** Something that happens; rules 0 to 3 are rewriting rules, 4 and 5 recovery rules. */
type Step =
  | { readonly frames: number; readonly lost: number; readonly rule: number }
  | { readonly poll: string }
  | { readonly pass: number }
  | { readonly replace: number; readonly heard: boolean }
  | { readonly readd: number }
  | { readonly restart: string }
  | { readonly edit: string }
  | { readonly install: number }
  | { readonly kill: true }
  | { readonly flush: true };

function take(world: World, step: Step): void {
  if ("frames" in step) world.traffic(step.rule, step.frames, step.lost);
  else if ("poll" in step) world.poll(step.poll);
  else if ("pass" in step) world.now += step.pass;
  else if ("replace" in step) {
    const entry = [...world.sources, ...world.sinks][step.replace];
    if (entry) world.replace(entry, step.heard);
  } else if ("readd" in step) {
    const entry = [...world.sources, ...world.sinks][step.readd];
    if (entry) world.readd(entry);
  } else if ("restart" in step) world.restartSwitch(step.restart);
  else if ("install" in step) {
    const sink = world.sinks[step.install];
    if (sink) world.install(sink);
  } else if ("edit" in step) {
    const rules = world.policies[step.edit] ?? [];
    world.policies[step.edit] = [];
    world.plan();
    world.policies[step.edit] = rules;
    world.plan();
  } else if ("kill" in step) world.restartController();
  else world.flush();
}

const dpid = fc.constantFrom(TAPS, EDGES);
const gentle: fc.Arbitrary<Step>[] = [
  fc.record({
    rule: fc.integer({ min: 0, max: 3 }),
    frames: fc.integer({ min: 1, max: 50 }),
    lost: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ poll: dpid }),
  fc.record({ pass: fc.integer({ min: 1, max: 9_000 }) }),
  fc.record({ replace: fc.integer({ min: 0, max: 3 }), heard: fc.constant(true) }),
  fc.record({ readd: fc.integer({ min: 0, max: 5 }) }),
  fc.constant({ flush: true }),
];
const rough: fc.Arbitrary<Step>[] = [
  fc.record({ replace: fc.integer({ min: 0, max: 5 }), heard: fc.boolean() }),
  fc.record({ restart: dpid }),
  fc.record({ edit: fc.constantFrom("p0", "p1", "p2") }),
  fc.record({ install: fc.integer({ min: 0, max: 1 }) }),
  fc.constant({ kill: true }),
];

/** Policies that share no rule: their sums are the sums of the copies. */
const APART = ["p0", "p1"];

function sum(of: (id: string) => number): number {
  return APART.reduce((total, id) => total + of(id), 0);
}

describe("properties of the ledger", () => {
  test("if no count is lost, everything is counted exactly once", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...gentle), { maxLength: 60 }), (steps) => {
        const world = new World();
        for (const step of steps) take(world, step);
        world.settle();
        for (const id of Object.keys(world.policies)) {
          expect([id, world.totals(id).copied.packets]).toEqual([id, world.trueTotals(id).copied]);
        }
        const delivered = sum((id) => world.totals(id).delivered.packets);
        const lost = sum((id) => world.totals(id).lost);
        const truth = sum((id) => world.trueTotals(id).delivered);
        expect(delivered + lost).toBe(sum((id) => world.trueTotals(id).copied));
        expect(delivered).toBe(truth);
      }),
      { numRuns: propertyRuns(400) },
    );
  });

  test("in every history no published figure decreases, and nothing is counted twice or lost by mistake", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(...gentle, ...rough), { maxLength: 80 }),
        fc.boolean(),
        (steps, isLate) => {
          const world = new World();
          if (isLate) for (const sink of world.sinks) world.withhold(sink);
          const before = new Map<string, readonly number[]>();
          for (const step of [...steps, undefined]) {
            if (step) take(world, step);
            else world.settle();
            for (const [id, totals] of world.published) {
              const now = [...figures(totals), totals.copied.bytes, totals.delivered.bytes];
              const then = before.get(id) ?? [0, 0, 0, 0, 0];
              expect(now.every((figure, index) => figure >= (then[index] ?? 0))).toBe(true);
              expect(totals.delivered.packets + totals.lost).toBeLessThanOrEqual(
                totals.copied.packets,
              );
              expect(totals.delivered.bytes).toBeLessThanOrEqual(totals.copied.bytes);
              before.set(id, now);
            }
          }
          for (const id of Object.keys(world.policies)) {
            expect(world.totals(id).copied.packets).toBeLessThanOrEqual(
              world.trueTotals(id).copied,
            );
          }
          const truth = sum((id) => world.trueTotals(id).delivered);
          const copied = sum((id) => world.trueTotals(id).copied);
          expect(sum((id) => world.totals(id).delivered.packets)).toBeLessThanOrEqual(truth);
          expect(sum((id) => world.totals(id).lost)).toBeLessThanOrEqual(copied - truth);
        },
      ),
      { numRuns: propertyRuns(600) },
    );
  });
});

test("each frame of a balanced set counts once in the policy's total", () => {
  const source = `${TAPS} 0/20100/m` as EntryRef;
  const trail = (mark: string, set?: number) => ({
    ...{ source, mark, exact: false },
    ...(set === undefined ? {} : { set }),
  });
  const plan = {
    ...{ id: "p", enabled: true, tapPoints: [], problems: [] },
    copies: [
      { monitor: "a", entries: [], countedPaths: [trail("1", 0)] },
      { monitor: "b", entries: [], countedPaths: [trail("2", 0)] },
      { monitor: "c", entries: [], countedPaths: [trail("3", 1)] },
      { monitor: "d", entries: [], countedPaths: [trail("4")] },
    ],
  };
  const ledger = new Ledger({
    now: () => 0,
    epoch: () => 0,
    marksOf: () => new Set(["1", "2", "3", "4"]),
    wasQuiet: () => true,
    isOverridden: () => false,
  });
  const birth = { born: "b", since: "2026-01-01T00:00:00.000Z" };
  ledger.setPolicy("p" as PolicyId, birth, plan as unknown as PolicyPlan);
  const cookie = cookieFor("rewriting", splitEntryRef(source).key);
  const time = { asked: 2_000, received: 2_000 };
  ledger.listed(TAPS, { cookie, packets: 10, bytes: 1000, durationMs: 1_000, group: 1 }, time);
  const account = ledger.account("p" as PolicyId);
  expect(account?.total.copied.packets).toBe(30);
  expect(["a", "b", "c", "d"].map((name) => account?.monitor(name).copied.packets)).toEqual([
    10, 10, 10, 10,
  ]);
});
