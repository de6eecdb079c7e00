// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import {
  type LifetimeOptions,
  PolicyLifetimes,
} from "../../../src/controller/lifetimes/policy-lifetimes.ts";
import {
  type PolicyEntry,
  PolicyRegistry,
} from "../../../src/controller/policies/policy-registry.ts";
import { type Lifetime, type PolicyId, parsePolicy } from "../../../src/policy/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { propertyRuns } from "../../properties.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const text = (moment: number) => new Date(moment).toISOString();

/** Lifetimes under a clock that the test sets. */
class World {
  readonly clock = new FakeClock();
  readonly registry = new PolicyRegistry();
  readonly events: ControllerEvent[] = [];
  /** What was to be compiled, an edit each, with the time since the start. */
  readonly edits: { readonly at: number; readonly ids: readonly PolicyId[] }[] = [];
  readonly outdated: PolicyId[] = [];
  readonly lifetimes: PolicyLifetimes;
  readonly copied = new Map<PolicyId, { packets: number; bytes: number; at?: number }>();
  /** How far the wall clock was set. */
  offset = 0;

  constructor(options: Partial<LifetimeOptions> = {}) {
    const events = { publish: (event: ControllerEvent) => void this.events.push(event) };
    const { clock, registry } = this;
    const wallClock = () => this.now;
    const logger = silentLogger;
    const copied = (id: PolicyId) => this.copied.get(id);
    const deps = { registry, clock, wallClock, events, logger, copied };
    this.lifetimes = new PolicyLifetimes({ ...deps, options });
    this.lifetimes.subscribe((ids) => this.edits.push({ at: clock.now(), ids }));
    this.lifetimes.subscribeOutdated((entries) => {
      for (const { policy } of entries) this.outdated.push(policy.id);
    });
  }

  /** The wall clock. */
  get now(): number {
    return START + this.clock.now() + this.offset;
  }

  write(id: string, lifetime: Lifetime, more: Partial<PolicyEntry> = {}): PolicyId {
    const { startsAt, endsAt, stopAfter } = lifetime;
    const parsed = parsePolicy({
      ...{ id, sender: "any", receiver: { host: "h2" }, monitors: [{ host: "h3" }] },
      ...(endsAt === undefined ? {} : { expiresAt: text(endsAt) }),
      ...(startsAt === undefined ? {} : { schedule: { from: text(startsAt) } }),
      ...(stopAfter === undefined ? {} : { stopAfter: { [stopAfter.unit]: stopAfter.count } }),
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const [at, origin] = [text(this.now), { kind: "api" } as const];
    const written = { origin, revision: 1, createdAt: at, updatedAt: at };
    this.registry.set({ ...parsed.value, ...written, ...more });
    return parsed.value.policy.id;
  }

  isInEffect(id: PolicyId): boolean {
    const entry = this.registry.get(id);
    return entry !== undefined && this.lifetimes.effective(entry.policy).enabled;
  }

  typesOf(id: string): string[] {
    return this.events.flatMap((event) => ("id" in event && event.id === id ? [event.type] : []));
  }
}

describe("a policy that ends", () => {
  test("is in effect until its end, and not at it", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START + 10_000 });
    world.clock.advance(9_999);
    expect([world.isInEffect(id), world.edits]).toEqual([true, []]);
    world.clock.advance(1);
    expect(world.isInEffect(id)).toBe(false);
    expect(world.edits).toEqual([{ at: 10_000, ids: ["a"] }]);
    expect(world.lifetimes.status(id)).toEqual({
      state: "expired",
      reasons: [
        `it ended at ${text(START + 10_000)}; it is deleted after ${text(START + 10_000 + 168 * HOUR)}`,
      ],
    });
  });

  test("far beyond what a timer can wait for, too", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START + 2 ** 31 + 5_000 });
    world.clock.advance(2 ** 31);
    expect(world.isInEffect(id)).toBe(true);
    world.clock.advance(5_000);
    expect(world.isInEffect(id)).toBe(false);
  });

  test("that has ended when it is loaded is never in effect", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START - 1 });
    expect([world.isInEffect(id), world.edits, world.events]).toEqual([false, [], []]);
  });

  test("is in effect again when it is extended", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START + 1_000 });
    world.clock.advance(1_000);
    world.write("a", { endsAt: START + 5_000 });
    expect(world.isInEffect(id)).toBe(true);
    world.clock.advance(4_000);
    expect(world.isInEffect(id)).toBe(false);
  });

  test("ends at once when its end is moved into the past, and that is published", () => {
    const world = new World({ warningMs: 0 });
    const id = world.write("a", { endsAt: START + 9_000 });
    world.write("a", { endsAt: START - 9_000 });
    expect([world.isInEffect(id), world.typesOf("a")]).toEqual([false, ["policyExpired"]]);
  });
});

test("a policy that starts later waits, and says until when", () => {
  const world = new World();
  const id = world.write("a", { startsAt: START + 2_000, endsAt: START + 3_000 });
  const status = { state: "pending", reasons: [`it starts at ${text(START + 2_000)}`] };
  expect([world.isInEffect(id), world.lifetimes.status(id)]).toEqual([false, status]);
  world.clock.advance(2_000);
  expect([world.isInEffect(id), world.lifetimes.status(id)]).toEqual([true, undefined]);
  world.clock.advance(1_000);
  expect(world.isInEffect(id)).toBe(false);
  expect(world.edits.map(({ at }) => at)).toEqual([2_000, 3_000]);
});

describe("events", () => {
  test("an end is announced once, and published when it comes", () => {
    const world = new World({ warningMs: 5_000 });
    world.write("a", { endsAt: START + 60_000 });
    world.clock.advance(54_999);
    expect(world.events).toEqual([]);
    world.clock.advance(1);
    const common = { id: "a", revision: 1, origin: { kind: "api" } };
    const end = text(START + 60_000);
    expect(world.events).toEqual([{ type: "policyExpiring", ...common, endsAt: end }]);
    world.clock.advance(60_000);
    expect(world.events.slice(1)).toEqual([{ type: "policyExpired", ...common, endedAt: end }]);
  });

  test("an extended policy is announced again, an edited one is not", () => {
    const world = new World({ warningMs: 5_000 });
    world.write("a", { endsAt: START + 60_000 });
    world.clock.advance(56_000);
    world.write("a", { endsAt: START + 60_000 });
    expect(world.typesOf("a")).toEqual(["policyExpiring"]);
    world.write("a", { endsAt: START + 90_000 });
    world.clock.advance(30_000);
    expect(world.typesOf("a")).toEqual(["policyExpiring", "policyExpiring"]);
  });
});

describe("the wall clock is set", () => {
  test("forwards: what has ended is taken off within a second", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START + 100 * HOUR });
    world.clock.advance(10_500);
    world.offset = 200 * HOUR;
    world.clock.advance(1_000);
    expect(world.isInEffect(id)).toBe(false);
  });

  test("backwards: what ends later than now is in effect again within a second", () => {
    const world = new World();
    const id = world.write("a", { endsAt: START + HOUR });
    world.offset = 2 * HOUR;
    world.clock.advance(1_000);
    expect(world.isInEffect(id)).toBe(false);
    world.offset = 0;
    world.clock.advance(1_000);
    expect(world.isInEffect(id)).toBe(true);
    expect(world.typesOf("a")).toEqual(["policyExpiring", "policyExpired", "policyExpiring"]);
  });

  test("far forwards for a moment: no policy is deleted", () => {
    const world = new World();
    world.write("a", { endsAt: START + HOUR });
    world.offset = 10_000 * HOUR;
    world.clock.advance(5_000);
    world.offset = 0;
    world.clock.advance(5_000);
    expect(world.outdated).toEqual([]);
  });
});

describe("retention", () => {
  const RETENTION = { warningMs: 0, retentionMs: HOUR };

  test("an expired policy is to be deleted when it is over, again until it is deleted", () => {
    const world = new World(RETENTION);
    const id = world.write("a", { endsAt: START + 1_000 });
    world.clock.advance(HOUR);
    expect(world.outdated).toEqual([]);
    world.clock.advance(1_000);
    expect(world.outdated).toEqual(["a"]);
    world.clock.advance(60_000);
    expect(world.outdated).toEqual(["a", "a"]);
    world.registry.delete(id);
    world.clock.advance(HOUR);
    expect(world.outdated).toEqual(["a", "a"]);
    expect(world.clock.pending).toBe(0);
  });

  test("a policy of a file is kept", () => {
    const world = new World(RETENTION);
    const origin = { kind: "file", file: "p.json" } as const;
    const id = world.write("a", { endsAt: START + 1_000 }, { origin });
    world.clock.advance(100 * HOUR);
    expect(world.outdated).toEqual([]);
    const reasons = [`it ended at ${text(START + 1_000)}`];
    expect(world.lifetimes.status(id)).toEqual({ state: "expired", reasons });
  });

  test("one that is written after its end is kept as long", () => {
    const world = new World(RETENTION);
    world.clock.advance(100 * HOUR);
    world.write("a", { endsAt: START });
    world.clock.advance(HOUR - 1);
    expect(world.outdated).toEqual([]);
    world.clock.advance(1);
    expect(world.outdated).toEqual(["a"]);
  });
});

describe("a policy that ends after so many copies", () => {
  const stopAfter = { unit: "packets", count: 100 } as const;
  const count = (world: World, id: PolicyId, packets: number) => {
    world.copied.set(id, { packets, bytes: 60 * packets });
    world.lifetimes.counted();
    world.clock.advance(200);
  };

  test("ends when they are counted, and is in effect again when it may make more", () => {
    const world = new World();
    const id = world.write("a", { stopAfter });
    count(world, id, 99);
    expect([world.isInEffect(id), world.edits]).toEqual([true, []]);
    count(world, id, 130);
    expect([world.isInEffect(id), world.typesOf("a")]).toEqual([false, ["policyExpired"]]);
    expect(world.edits.map(({ ids }) => ids)).toEqual([["a"]]);
    expect(world.lifetimes.status(id)).toMatchObject({
      state: "expired",
      reasons: [expect.stringContaining("100 packets of copies are counted; it is deleted after")],
    });
    world.write("a", { stopAfter: { unit: "bytes", count: 130 * 60 + 1 } });
    expect(world.isInEffect(id)).toBe(true);
  });

  test("is not in effect after a restart", () => {
    const world = new World();
    world.copied.set("a" as PolicyId, { packets: 100, bytes: 6000 });
    expect(world.isInEffect(world.write("a", { stopAfter }))).toBe(false);
    expect(world.events).toEqual([]);
  });

  test("is kept as long over a restart: from when its last copies were counted", () => {
    const world = new World({ retentionMs: 2 * HOUR });
    world.copied.set("a" as PolicyId, { packets: 100, bytes: 6000, at: START - HOUR });
    const written = text(START - 5 * HOUR);
    world.write("a", { stopAfter }, { createdAt: written, updatedAt: written });
    expect(world.lifetimes.status("a" as PolicyId)?.reasons[0]).toContain(text(START + HOUR));
    world.clock.advance(HOUR - 1_000);
    expect(world.outdated).toEqual([]);
    world.clock.advance(1_000);
    expect(world.outdated).toEqual(["a"]);
  });

  test("is deleted when its retention is over", () => {
    const world = new World({ retentionMs: HOUR });
    const id = world.write("a", { stopAfter, endsAt: START + 100 * HOUR });
    count(world, id, 100);
    world.clock.advance(HOUR - 1_000);
    expect(world.outdated).toEqual([]);
    world.clock.advance(1_000);
    expect(world.outdated).toEqual(["a"]);
  });
});

describe("one timer", () => {
  test("serves all policies, and there is none without policies that end", () => {
    const world = new World();
    world.write("open", {});
    expect(world.clock.pending).toBe(0);
    for (let n = 0; n < 100; n++) world.write(`p${n}`, { endsAt: START + 10_000 + n });
    expect(world.clock.pending).toBe(1);
    world.lifetimes.close();
    expect(world.clock.pending).toBe(0);
  });

  test("policies that end within a second are a few edits, each on time", () => {
    const world = new World({ warningMs: 0 });
    const ends = Array.from({ length: 10_000 }, (_, n) => 5_000 + (n % 1_000));
    for (const [n, end] of ends.entries()) world.write(`p${n}`, { endsAt: START + end });
    world.clock.advance(7_000);
    expect(world.edits.flatMap(({ ids }) => ids)).toHaveLength(10_000);
    expect(world.edits.length).toBeLessThanOrEqual(12);
    for (const { at, ids } of world.edits) {
      for (const id of ids) {
        const late = at - (ends[Number(id.slice(1))] ?? 0);
        expect(late >= 0 && late <= 200).toBe(true);
      }
    }
  });

  test("policies that end at the same moment are one edit", () => {
    const world = new World({ warningMs: 0 });
    for (let n = 0; n < 5_000; n++) world.write(`p${n}`, { endsAt: START + 5_000 });
    world.clock.advance(5_000);
    expect(world.edits.map(({ ids }) => ids.length)).toEqual([5_000]);
  });
});

/** Seconds since the start, or for the clock. */
type Step =
  | { readonly id: string; readonly from?: number; readonly until?: number }
  | { readonly deleted: string }
  | { readonly seconds: number }
  | { readonly setBy: number };

/** Takes a step; returns the policy that it writes, and its lifetime. */
function take(world: World, step: Step): readonly [PolicyId, Lifetime] | undefined {
  if ("deleted" in step) world.registry.delete(step.deleted as PolicyId);
  else if ("seconds" in step) world.clock.advance(step.seconds * 1_000);
  else if ("setBy" in step) world.offset += step.setBy * 1_000;
  else {
    const { from, until } = step;
    if (from !== undefined && until !== undefined && from >= until) return undefined;
    const lifetime = {
      ...(from === undefined ? {} : { startsAt: START + from * 1_000 }),
      ...(until === undefined ? {} : { endsAt: START + until * 1_000 }),
    };
    return [world.write(step.id, lifetime), lifetime];
  }
  return undefined;
}

test("after any writes and any settings of the clock, in effect is what its lifetime says", () => {
  const id = fc.integer({ min: 0, max: 5 }).map((n) => `p${n}`);
  const moment = fc.integer({ min: -20, max: 60 });
  const moments = fc.record({ id, from: moment, until: moment }, { requiredKeys: ["id"] });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: moments },
    { weight: 1, arbitrary: fc.record({ deleted: id }) },
    { weight: 4, arbitrary: fc.record({ seconds: fc.integer({ min: 0, max: 15 }) }) },
    { weight: 2, arbitrary: fc.record({ setBy: fc.integer({ min: -30, max: 30 }) }) },
  );
  const story = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const world = new World({ warningMs: 5_000, retentionMs: 30_000 });
    const written = new Map<PolicyId, Lifetime>();
    /** As last compiled: after a write, or because its phase has changed. */
    const compiled = new Map<PolicyId, boolean>();
    world.lifetimes.subscribe((ids) => {
      for (const each of ids) compiled.set(each, world.isInEffect(each));
    });
    for (const each of steps) {
      const write = take(world, each);
      if (write) written.set(...write);
      if (write) compiled.set(write[0], world.isInEffect(write[0]));
      // The clock is compared every second.
      world.clock.advance(1_000);
      for (const [policy, { startsAt = 0, endsAt = Number.POSITIVE_INFINITY }] of written) {
        if (world.registry.get(policy) === undefined) continue;
        expect(compiled.get(policy)).toBe(startsAt <= world.now && world.now < endsAt);
      }
    }
  });
  fc.assert(story, { numRuns: propertyRuns(300) });
});
