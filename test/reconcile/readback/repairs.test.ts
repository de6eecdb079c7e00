// SPDX-License-Identifier: Apache-2.0

import { beforeEach, expect, test } from "vitest";
import { entryRef, flowKey } from "../../../src/flow-model/index.ts";
import { Reconciler, type Repair } from "../../../src/reconcile/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { unslicedQueue } from "../at-once.ts";
import { closedAfterTest } from "../closed-after-test.ts";
import { FakeSwitch } from "../fake-switch.ts";
import { copy, dpidOf, forwarding, original, rewriting } from "../specs.ts";

const S = dpidOf(1);
const MINUTE = 60_000;
let clock: FakeClock;
let fake: FakeSwitch;
let repairs: Repair[];
let reconciler: Reconciler;

beforeEach(async () => {
  clock = new FakeClock();
  fake = new FakeSwitch();
  repairs = [];
  const events = {
    changed: () => undefined,
    repaired: (dpid: string, repair: Repair) => {
      expect(dpid).toBe(S);
      repairs.push(repair);
    },
  };
  reconciler = closedAfterTest(
    new Reconciler({ queue: unslicedQueue(), logger: silentLogger, events, clock }),
  );
  reconciler.allowSweep();
  reconciler.edit(S, { set: [forwarding(1), forwarding(2)] });
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
});

const key = (n: number) => flowKey(forwarding(n));
const counts = () => reconciler.progress(S)?.repairs;

test("a repair is reported once, with its cause and its drift", async () => {
  const mine = fake.tables.flows.get(key(1));
  if (!mine) throw new Error("nothing is installed");
  fake.tamper(({ flows }) => {
    flows.set(key(1), { ...mine, instructions: [] });
    flows.delete(key(2));
    flows.set(key(9), { ...mine, ...forwarding(9) });
  });
  clock.advance(MINUTE);
  await reconciler.settled();
  const drift = { missing: 1, changed: 1, unexpected: 1 };
  expect(repairs).toMatchObject([{ by: "audit", drift }]);
  expect(repairs[0]?.flows).toEqual([
    {
      old: expect.objectContaining({ key: key(1), actions: [expect.anything()] }),
      new: expect.objectContaining({ key: key(1), actions: [] }),
    },
    { old: expect.objectContaining({ key: key(2) }) },
    { new: expect.objectContaining({ key: key(9) }) },
  ]);
  expect(repairs[0]?.keys).toEqual(new Set([key(1), key(2), key(9)]));
  clock.advance(MINUTE);
  await reconciler.settled();
  await reconciler.resync(S);
  expect(repairs).toHaveLength(1);
  expect(counts()).toEqual({ audit: 1, resync: 0 });
});

test.each([true, false])(
  "so is one that a refused change has brought to light (culprits named: %s)",
  async (named) => {
    const tap = (n: number) => rewriting(n, [original(), copy(1)]);
    reconciler.edit(S, { set: [tap(1)] });
    await reconciler.settled();
    fake.namesCulprit = named;
    fake.tamper((tables) => [...tables.groups.keys()].map((id) => tables.deleteGroup(id)));
    reconciler.edit(S, { set: [tap(2)] });
    await reconciler.settled();
    // The group, and with it the entry that used it.
    expect(repairs).toMatchObject([{ by: "resync", drift: { missing: 2, unexpected: 0 } }]);
    expect(fake.tables.flows.size).toBe(4);
    // A switch that was disconnected meanwhile has no known foreign change.
    fake.restart();
    reconciler.connect(S, fake.connect());
    await reconciler.settled();
    expect(repairs).toHaveLength(1);
  },
);

test("a repair that a lost connection interrupts is reported when it is done", async () => {
  fake.tamper(({ flows }) => flows.clear());
  fake.faults.push("drop before");
  fake.onDrop = (channel) => reconciler.disconnect(S, channel);
  await reconciler.resync(S);
  expect(repairs).toEqual([]);
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
  expect(repairs).toMatchObject([{ by: "resync", drift: { missing: 2 } }]);
  expect(counts()).toEqual({ audit: 0, resync: 1 });
  expect(fake.tables.flows.size).toBe(2);
});

test("own changes, and losses of a disconnected switch, are no repair", async () => {
  const channel = fake.connect();
  reconciler.connect(S, channel);
  await reconciler.settled();
  reconciler.edit(S, { set: [rewriting(1, [original(), copy(1)])], delete: [key(1)] });
  await reconciler.settled();
  reconciler.disconnect(S, channel);
  fake.restart();
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
  await reconciler.resync(S);
  expect(repairs).toEqual([]);
  expect(counts()).toEqual({ audit: 0, resync: 0 });
});

test("a few of many changed entries are named, and all are counted", async () => {
  reconciler.edit(S, { set: Array.from({ length: 50 }, (_, n) => forwarding(n)) });
  await reconciler.settled();
  fake.tamper(({ flows }) => flows.clear());
  await reconciler.resync(S);
  expect(repairs).toMatchObject([{ drift: { missing: 50 } }]);
  expect(repairs[0]?.flows).toHaveLength(5);
});

test("a changed group is a change of the entry that uses it", async () => {
  const taps = [1, 2].map((n) => rewriting(n, [original(), copy(n)]));
  reconciler.edit(S, { set: taps });
  await reconciler.settled();
  fake.tamper(({ groups }) => {
    const [first] = groups.values();
    if (first) groups.set(first.id, { ...first, buckets: first.buckets.slice(1) });
  });
  await reconciler.resync(S);
  expect(repairs).toMatchObject([{ drift: { missing: 0, changed: 1, unexpected: 0 } }]);
  expect(repairs[0]?.keys).toEqual(new Set(taps.slice(0, 1).map(flowKey)));
});

test("an entry that its switch reports as removed is pending until the tables are read", async () => {
  const gone = forwarding(1);
  const state = () => reconciler.state(entryRef(S, key(1)));
  fake.tamper(({ flows }) => flows.delete(key(1)));
  expect(state()).toBe("confirmed");
  reconciler.entryRemoved(S, gone);
  expect(state()).toBe("pending");
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(state()).toBe("confirmed");
  // Another application has put it back meanwhile: no repair follows.
  reconciler.entryRemoved(S, gone);
  clock.advance(MINUTE);
  await reconciler.settled();
  expect(state()).toBe("confirmed");
  expect(repairs).toHaveLength(1);
});
