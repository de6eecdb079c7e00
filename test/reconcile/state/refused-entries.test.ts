// SPDX-License-Identifier: Apache-2.0

import { beforeEach, expect, test } from "vitest";
import { flowKey } from "../../../src/flow-model/index.ts";
import { Reconciler, type RefusedEntries } from "../../../src/reconcile/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { unslicedQueue } from "../at-once.ts";
import { closedAfterTest } from "../closed-after-test.ts";
import { FakeSwitch, failed } from "../fake-switch.ts";
import { dpidOf, forwarding } from "../specs.ts";

const S = dpidOf(1);
let fake: FakeSwitch;
let reported: { dpid: string; old: RefusedEntries; now: RefusedEntries }[];
let reconciler: Reconciler;

beforeEach(async () => {
  fake = new FakeSwitch();
  reported = [];
  const events = {
    changed: () => undefined,
    refused: (dpid: string, old: RefusedEntries, now: RefusedEntries) => {
      reported.push({ dpid, old, now });
    },
  };
  reconciler = closedAfterTest(
    new Reconciler({
      queue: unslicedQueue(),
      logger: silentLogger,
      events,
      auditIntervalMs: 0,
    }),
  );
  reconciler.allowSweep();
  reconciler.edit(S, { set: [forwarding(1), forwarding(2)] });
  reconciler.connect(S, fake.connect());
  await reconciler.settled();
});

const NONE = { count: 0, first: [] };
const blocked = (n: number) => ({
  entry: expect.stringContaining(`dl_dst=fa:00:00:00:00:0${n}`),
  reason: expect.stringMatching(/^another application's flow entry is in its place \(cookie=0x99,/),
});

test("a foreign entry in the place of an own one: reported when it begins, changes and ends", async () => {
  expect(reported).toEqual([]);
  fake.putForeign(forwarding(1));
  const one = { count: 1, first: [blocked(1)] };
  expect(await reconciler.resync(S)).toMatchObject({ drift: { missing: 1 }, refused: one });
  expect(reported).toEqual([{ dpid: S, old: NONE, now: one }]);
  // Retried without success, it is refused as before.
  expect(await reconciler.resync(S)).toMatchObject({ drift: { missing: 0 }, refused: one });
  expect(reconciler.refused(S)).toEqual(one);
  expect(reported).toHaveLength(1);
  fake.putForeign(forwarding(2));
  await reconciler.resync(S);
  const both = { count: 2, first: [blocked(1), blocked(2)] };
  expect(reported[1]).toEqual({ dpid: S, old: one, now: both });
  fake.removeForeign();
  expect(await reconciler.resync(S)).toMatchObject({ refused: NONE });
  expect(reported[2]).toEqual({ dpid: S, old: both, now: NONE });
  expect(fake.tables.flows.size).toBe(2);
});

test("it also ends when the entry is no longer desired, or the switch is forgotten", async () => {
  fake.putForeign(forwarding(1));
  await reconciler.resync(S);
  reconciler.edit(S, { delete: [flowKey(forwarding(1))] });
  await reconciler.settled();
  expect(reported.at(-1)?.now).toEqual(NONE);
  reconciler.edit(S, { set: [forwarding(1)] });
  await reconciler.settled();
  expect(reported.at(-1)?.now.count).toBe(1);
  const channel = fake.connect();
  reconciler.connect(S, channel);
  await reconciler.settled();
  reconciler.disconnect(S, channel);
  // What was refused is known as long as the switch is away.
  expect(reconciler.refused(S).count).toBe(1);
  await reconciler.forget(S);
  expect(reported.at(-1)?.now).toEqual(NONE);
});

test("of very many entries a few are named: always the same ones", async () => {
  const error = failed("OUT_OF_GROUPS");
  fake.refuses = (message) => (message.type === "flowMod" ? error : undefined);
  const many = Array.from({ length: 300 }, (_, n) => forwarding(10 + n));
  reconciler.edit(S, { set: many });
  await reconciler.settled();
  expect(reported).toHaveLength(1);
  const { now } = reported[0] ?? {};
  expect([now?.count, now?.first.length]).toEqual([300, 5]);
  expect(new Set(now?.first.map(({ reason }) => reason))).toEqual(new Set([error.text]));
  await reconciler.resync(S);
  expect(reported).toHaveLength(1);
});
