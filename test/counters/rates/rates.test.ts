// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Rates } from "../../../src/counters/rates/rates.ts";
import { complete } from "../../../src/lang/steps.ts";
import type { PolicyId } from "../../../src/policy/index.ts";
import { StepQueue } from "../../../src/runtime/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { EDGES, FRAME_BYTES, TAPS, World } from "../world.ts";

const STEP_MS = 10_000;
const LINK = { dpid: TAPS, port: 10 };

const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A world whose rates are followed; `pass` reads both switches just before the next sample. */
function following() {
  const clock = new FakeClock();
  const world = new World();
  const paces: number[] = [];
  const rates = new Rates({
    clock,
    epoch: () => 1_000_000 + clock.now(),
    queue: new StepQueue(),
    ledger: world.ledger,
    intervalMs: STEP_MS,
    links: () => [LINK],
    paceChanged: (ms) => paces.push(ms),
  });
  rates.start();
  let sent = 0;
  const read = (dpid: string, frames = 0) => {
    world.now = clock.now();
    world.poll(dpid);
    rates.switchRead(dpid, clock.now());
    sent += frames;
    const amount = { packets: sent, bytes: sent * FRAME_BYTES };
    if (dpid !== TAPS) return;
    const ports = new Map([[10, { received: 0, sent: amount }]]);
    complete(rates.readingPorts(dpid, ports, clock.now(), () => true));
  };
  const pass = async (options: { only?: string; frames?: number } = {}) => {
    clock.advance(rates.stepMs - 1);
    for (const dpid of [TAPS, EDGES]) {
      if (options.only === undefined || options.only === dpid) read(dpid, options.frames);
    }
    clock.advance(1);
    await idle();
  };
  const row = (id: string) => [...(rates.policy(id as PolicyId)?.values ?? [])];
  return { clock, world, rates, paces, pass, row };
}

const UNKNOWN = Array.from({ length: 5 }, () => Number.NaN);

test("a rate is what totals grow by between two readings of all switches concerned", async () => {
  const { world, pass, row } = following();
  await pass();
  expect(row("p0")).toEqual(UNKNOWN);
  world.traffic(0, 100, 0);
  await pass();
  const bps = (100 * FRAME_BYTES * 8) / 10;
  expect(row("p0")).toEqual([10, bps, 10, bps, 0]);
  // Nothing more: that is known, and so not the rate of before.
  await pass();
  expect(row("p0")).toEqual([0, 0, 0, 0, 0]);
});

test("while a switch is not read, or is gone, a rate is not known: neither old nor zero", async () => {
  const { world, rates, pass, row } = following();
  await pass();
  world.traffic(0, 100, 0);
  await pass();
  expect(row("p0")[0]).toBe(10);
  for (let step = 0; step < 4; step++) await pass({ only: TAPS });
  expect(row("p0")).toEqual(UNKNOWN);
  // What was counted meanwhile is not taken for the rate of one step.
  world.traffic(0, 1_000, 0);
  await pass();
  expect(row("p0")).toEqual(UNKNOWN);
  world.traffic(0, 50, 0);
  await pass();
  expect(row("p0")[0]).toBe(5);
  rates.disconnect(EDGES);
  await pass({ only: TAPS });
  expect(row("p0")).toEqual(UNKNOWN);
});

test("a policy whose copies are made by other rules from now on has no rate before it is read twice", async () => {
  const { clock, world, pass, row } = following();
  await pass();
  await pass();
  expect(row("p0")).toEqual([0, 0, 0, 0, 0]);
  clock.advance(1_000);
  world.now = clock.now();
  world.policies = { ...world.policies, p0: [2] };
  world.plan();
  world.traffic(2, 500, 0);
  await pass();
  expect(row("p0")).toEqual(UNKNOWN);
});

test("a policy that nothing makes copies for has a rate of zero", async () => {
  const { world, pass, row } = following();
  world.policies = { none: [] };
  world.plan();
  await pass();
  expect(row("none")).toEqual([0, 0, 0, 0, 0]);
});

test("a link has the rate of its port; the copies on it are zero while the switch answers", async () => {
  const { rates, pass } = following();
  await pass();
  const values = () => [...(rates.link(LINK)?.values ?? [])];
  expect(values()).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  await pass({ frames: 200 });
  expect(values()).toEqual([20, (200 * FRAME_BYTES * 8) / 10, 0, 0]);
  for (let step = 0; step < 4; step++) await pass({ only: EDGES });
  expect(values()).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});

test("while a client watches switches are read every two seconds, otherwise at their interval", async () => {
  const { rates, paces, pass, clock } = following();
  await pass();
  const before = rates.sample.sequence;
  let samples = 0;
  const ends = [rates.watch(() => samples++), rates.watch(() => undefined)];
  expect([paces, rates.stepMs]).toEqual([[2_000], 2_000]);
  for (let step = 0; step < 5; step++) await pass();
  expect([samples, rates.sample.sequence - before]).toEqual([5, 5]);
  for (const end of ends) end();
  expect([paces, rates.stepMs]).toEqual([[2_000, STEP_MS], STEP_MS]);
  clock.advance(STEP_MS - 1);
  await idle();
  expect(samples).toBe(5);
  rates.close();
  expect(clock.pending).toBe(0);
});

test("rows know the sample in which they changed", async () => {
  const { world, rates, pass } = following();
  await pass();
  await pass();
  const { sequence } = rates.sample;
  world.traffic(1, 10, 0);
  await pass();
  const changed = ["p0", "p1"].filter(
    (id) => (rates.policy(id as PolicyId)?.changedIn ?? 0) > sequence,
  );
  expect(changed).toEqual(["p1"]);
});

test("a deleted policy has no rates, and no history", async () => {
  const { world, rates, pass } = following();
  await pass();
  expect(rates.policyTrack("p0" as PolicyId)?.at).toHaveLength(1);
  world.ledger.remove("p0" as PolicyId);
  await pass();
  expect([rates.policy("p0" as PolicyId), rates.policyTrack("p0" as PolicyId)]).toEqual([
    undefined,
    undefined,
  ]);
});
