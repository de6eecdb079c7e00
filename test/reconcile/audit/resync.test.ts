// SPDX-License-Identifier: Apache-2.0

import { beforeEach, expect, test } from "vitest";
import { Reconciler } from "../../../src/reconcile/index.ts";
import { READS_AT_ONCE } from "../../../src/reconcile/readback/read-slots.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { unslicedQueue } from "../at-once.ts";
import { closedAfterTest } from "../closed-after-test.ts";
import { FakeSwitch } from "../fake-switch.ts";
import { copy, dpidOf, forwarding, original, rewriting } from "../specs.ts";

const S = dpidOf(1);
let clock: FakeClock;
let reconciler: Reconciler;

beforeEach(() => {
  clock = new FakeClock();
  const events = { changed: () => undefined };
  reconciler = closedAfterTest(
    new Reconciler({
      queue: unslicedQueue(),
      logger: silentLogger,
      events,
      clock,
      auditIntervalMs: 0,
    }),
  );
  reconciler.allowSweep();
});

test("drift is reported and repaired; a second resync finds none", async () => {
  const fake = new FakeSwitch();
  reconciler.edit(S, { set: [forwarding(1), rewriting(1, [original(), copy(1)])] });
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
  fake.tamper(({ flows }) => flows.clear());
  const drift = { missing: 2, changed: 0, unexpected: 0 };
  const refused = { count: 0, first: [] };
  expect(await reconciler.resync(S)).toEqual({ type: "done", drift, refused });
  expect(fake.tables.flows.size).toBe(2);
  const { received, reads } = fake;
  // Two at the same time are one.
  const both = await Promise.all([reconciler.resync(S), reconciler.resync(S)]);
  const none = { missing: 0, changed: 0, unexpected: 0 };
  expect(both[0]).toEqual({ type: "done", drift: none, refused });
  expect([fake.received, fake.reads]).toEqual([received, reads + 1]);
  expect(clock.pending).toBe(0);
});

test("a switch that is not connected, disconnects, or is slow", async () => {
  expect(await reconciler.resync(S)).toEqual({ type: "notConnected" });
  const fake = new FakeSwitch();
  const channel = fake.connect();
  reconciler.connect(S, channel);
  await reconciler.settled();
  fake.delay = () => 5;
  const gone = reconciler.resync(S);
  reconciler.disconnect(S, channel);
  expect(await gone).toEqual({ type: "notConnected" });
  const stuck = fake.connect();
  stuck.readFlows = () => new Promise(() => undefined);
  reconciler.connect(S, stuck);
  const slow = reconciler.resync(S);
  await undefined;
  clock.advance(60_000);
  expect(await slow).toEqual({ type: "underWay" });
});

test("a hundred switches at once: a few are read at a time, and slow ones delay no other", async () => {
  let reading = 0;
  let most = 0;
  const fakes = Array.from({ length: 100 }, () => new FakeSwitch());
  for (const [index, fake] of fakes.entries()) {
    const channel = fake.connect();
    const { readFlows } = channel;
    const isStuck = index < READS_AT_ONCE;
    channel.readFlows = async () => {
      most = Math.max(most, ++reading);
      if (isStuck) return new Promise(() => undefined);
      const listed = await readFlows();
      reading--;
      return listed;
    };
    reconciler.edit(dpidOf(index + 1), { set: [forwarding(1)] });
    reconciler.connect(dpidOf(index + 1), channel);
  }
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect([reading, most]).toEqual([READS_AT_ONCE, READS_AT_ONCE]);
  clock.advance(5000);
  for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
  expect(fakes.filter(({ tables }) => tables.flows.size === 1)).toHaveLength(100 - READS_AT_ONCE);
  expect(most).toBeLessThanOrEqual(2 * READS_AT_ONCE);
});
