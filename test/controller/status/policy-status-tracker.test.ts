import { beforeEach, describe, expect, test } from "vitest";
import type { EntryState } from "../../../src/controller/status/policy-status.ts";
import { PolicyStatusTracker } from "../../../src/controller/status/policy-status-tracker.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import type { Clock } from "../../../src/runtime/clock.ts";

/** Time that passes when told to. */
class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Map<object, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void) {
    const timer = {};
    this.#timers.set(timer, { at: this.#now + ms, callback });
    return () => this.#timers.delete(timer);
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const [timer, { at, callback }] of [...this.#timers]) {
      if (at > this.#now || !this.#timers.delete(timer)) continue;
      callback();
    }
  }
}

const id = "p" as PolicyId;
const ref = "0000000000000001 flow" as EntryRef;
const tapping: PolicyPlan = {
  id,
  enabled: true,
  tapPoints: [],
  copies: [{ monitor: "m", entries: [ref], trails: [] }],
  problems: [],
};

describe("the status board", () => {
  let clock: FakeClock;
  let state: EntryState;
  let leaving: boolean;
  let plan: PolicyPlan | undefined;
  let told: string[];
  let board: PolicyStatusTracker;
  const never = new AbortController().signal;

  beforeEach(() => {
    clock = new FakeClock();
    state = "pending";
    leaving = true;
    plan = tapping;
    told = [];
    board = new PolicyStatusTracker({
      look: { entryState: () => state, switchName: () => "s1", connected: () => true },
      isLeaving: () => leaving,
      plan: () => plan,
      changed: (_, old, now) => told.push(`${old?.state ?? "-"} > ${now.state}`),
      flushed: () => undefined,
      clock,
    });
    board.plansChanged([id]);
  });

  test("changes in quick succession are told once", () => {
    board.entriesChanged([ref]);
    state = "confirmed";
    board.entriesChanged([ref]);
    expect(told).toEqual([]);
    clock.pass(20);
    expect(told).toEqual(["- > active"]);
    expect(board.counts).toMatchObject({ active: 1, pending: 0 });
    clock.pass(1000);
    expect(told).toHaveLength(1);
  });

  test("who waits is told at once, not after the time of collecting", async () => {
    clock.pass(20);
    const settled = board.whenSettled(id, 5000, never);
    state = "confirmed";
    board.entriesChanged([ref]);
    clock.pass(0);
    await settled;
    expect(told).toEqual(["- > pending", "pending > active"]);
  });

  test("waiting ends with its time, and with its signal", async () => {
    const inTime = board.whenSettled(id, 100, never);
    const aborter = new AbortController();
    const aborted = board.whenSettled(id, 100_000, aborter.signal);
    aborter.abort();
    await aborted;
    clock.pass(100);
    await inTime;
    expect(board.status(id).state).toBe("pending");
  });

  test("of very many policies a part is told at a time, and all are counted meanwhile", () => {
    const ids = Array.from({ length: 1800 }, (_, n) => `p${n}` as PolicyId);
    plan = { ...tapping, enabled: false };
    board.plansChanged(ids);
    clock.pass(20);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(ids.length);
    // The policy of `beforeEach` is there, too.
    const all = () => Object.values(board.counts).reduce((sum, count) => sum + count, 0);
    expect(all()).toBe(ids.length + 1);
    for (let n = 0; n < 5; n++) clock.pass(0);
    expect(board.counts.disabled).toBe(ids.length + 1);
  });

  test("a deleted policy is settled when no switch holds anything of it", async () => {
    plan = undefined;
    board.plansChanged([id]);
    clock.pass(20);
    let gone = false;
    const settled = board.whenSettled(id, 5000, never).then(() => {
      gone = true;
    });
    await Promise.resolve();
    expect(gone).toBe(false);
    leaving = false;
    board.entriesChanged([ref]);
    clock.pass(0);
    await settled;
    expect(board.counts).toMatchObject({ active: 0, pending: 0 });
  });
});
