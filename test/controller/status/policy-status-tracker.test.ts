// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import type { EntryState } from "../../../src/controller/status/policy-status.ts";
import { PolicyStatusTracker } from "../../../src/controller/status/policy-status-tracker.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";

/** A clock that advances on `pass`. */
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
const dpid = "0000000000000001" as Dpid;
const ref = `${dpid} flow` as EntryRef;
const tapping: PolicyPlan = {
  id,
  enabled: true,
  tapPoints: [],
  taps: [],
  copies: [{ monitor: "m", entries: [ref], countedPaths: [], ways: [], unprobed: [] }],
  problems: [],
  unseen: [],
};

describe("the status tracker", () => {
  let clock: FakeClock;
  let state: EntryState;
  let problem: string | undefined;
  let leaving: boolean;
  let unknown: boolean;
  let plan: PolicyPlan | undefined;
  let reported: string[];
  let tracker: PolicyStatusTracker;
  const never = new AbortController().signal;

  beforeEach(() => {
    clock = new FakeClock();
    state = "pending";
    problem = undefined;
    leaving = true;
    unknown = false;
    plan = tapping;
    reported = [];
    tracker = new PolicyStatusTracker({
      inputs: {
        ...{ entryState: () => state, switchName: () => "s1", connected: () => true },
        outletProblem: () => problem,
      },
      isLeaving: () => leaving,
      isUnknown: () => unknown,
      plan: () => plan,
      clock,
    });
    tracker.subscribe({
      changed: (_, old, now) => reported.push(`${old?.state ?? "-"} > ${now.state}`),
      flushed: () => undefined,
    });
    tracker.plansChanged([id]);
  });

  test("changes in quick succession are reported once", () => {
    tracker.entriesChanged([ref]);
    state = "confirmed";
    tracker.entriesChanged([ref]);
    expect(reported).toEqual([]);
    clock.pass(20);
    expect(reported).toEqual(["- > active"]);
    expect(tracker.counts).toMatchObject({ active: 1, pending: 0 });
    clock.pass(1000);
    expect(reported).toHaveLength(1);
  });

  test("a change of the port of a monitor concerns the policies that copy by it", () => {
    const outlet = { dpid, port: 3 as PortNo };
    const [copies] = tapping.copies;
    if (copies) plan = { ...tapping, copies: [{ ...copies, outlets: [outlet] }] };
    state = "confirmed";
    tracker.plansChanged([id]);
    clock.pass(20);
    problem = "port 3 of switch s1 is down";
    tracker.outletsChanged([{ ...outlet, port: 4 as PortNo }]);
    clock.pass(20);
    expect(reported).toEqual(["- > active"]);
    tracker.outletsChanged([outlet]);
    clock.pass(20);
    expect(reported).toEqual(["- > active", "active > degraded"]);
  });

  test("a waiting client is answered immediately, not after the collection interval", async () => {
    clock.pass(20);
    const settled = tracker.whenSettled(id, 5000, never);
    state = "confirmed";
    tracker.entriesChanged([ref]);
    clock.pass(0);
    await settled;
    expect(reported).toEqual(["- > pending", "pending > active"]);
  });

  test("waiting ends at its time limit and when its signal aborts", async () => {
    const inTime = tracker.whenSettled(id, 100, never);
    const aborter = new AbortController();
    const aborted = tracker.whenSettled(id, 100_000, aborter.signal);
    aborter.abort();
    await aborted;
    clock.pass(100);
    await inTime;
    expect(tracker.status(id).state).toBe("pending");
  });

  test("very many policies are reported in parts, and all are counted meanwhile", () => {
    const ids = Array.from({ length: 1800 }, (_, n) => `p${n}` as PolicyId);
    plan = { ...tapping, enabled: false };
    tracker.plansChanged(ids);
    clock.pass(20);
    expect(reported.length).toBeGreaterThan(0);
    expect(reported.length).toBeLessThan(ids.length);
    // Including the policy of `beforeEach`.
    const all = () => Object.values(tracker.counts).reduce((sum, count) => sum + count, 0);
    expect(all()).toBe(ids.length + 1);
    for (let n = 0; n < 5; n++) clock.pass(0);
    expect(tracker.counts.disabled).toBe(ids.length + 1);
  });

  test.each([
    ["confirms the removal", () => tracker.entriesChanged([ref])],
    ["is read, and it was not known what it held", () => tracker.tablesKnown(dpid)],
  ])("a deleted policy is settled when its switch %s", async (_, happens) => {
    plan = undefined;
    tracker.plansChanged([id]);
    clock.pass(20);
    let gone = false;
    const settled = tracker.whenSettled(id, 5000, never).then(() => {
      gone = true;
    });
    await Promise.resolve();
    expect(gone).toBe(false);
    leaving = false;
    happens();
    // Marks of a switch are made in steps.
    await new Promise(setImmediate);
    clock.pass(0);
    await settled;
    expect(tracker.counts).toMatchObject({ active: 0, pending: 0 });
  });

  test("a deleted policy is not settled while a bridge may copy for it of which nothing is known", async () => {
    const patches = [{ dpid, port: 1 as PortNo, use: "sent" }] as const;
    [leaving, unknown] = [false, true];
    plan = { ...tapping, copies: [], patches };
    tracker.plansChanged([id]);
    plan = undefined;
    tracker.plansChanged([id]);
    clock.pass(20);
    let gone = false;
    const settled = tracker.whenSettled(id, 5000, never).then(() => {
      gone = true;
    });
    tracker.tapBridgesKnown();
    clock.pass(0);
    await Promise.resolve();
    expect([gone, tracker.hasLeft(id)]).toEqual([false, false]);
    unknown = false;
    tracker.tapBridgesKnown();
    clock.pass(0);
    await settled;
    expect(tracker.hasLeft(id)).toBe(true);
  });
});
