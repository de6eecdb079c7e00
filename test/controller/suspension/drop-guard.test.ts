// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { DropGuard, type SwitchDrops } from "../../../src/controller/suspension/drop-guard.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { PolicyId } from "../../../src/policy/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";

const DPID = "0000000000000001" as Dpid;
const [A, B] = ["a", "b"] as [PolicyId, PolicyId];
const [RULE_A, RULE_B] = [`${DPID} 0/1/a`, `${DPID} 0/1/b`] as [EntryRef, EntryRef];
const onPort = (port: number, rule = RULE_A) => ({
  ports: new Map([[DPID, new Set([port])]]),
  rules: [rule],
});

/** Counters of two ports: frames that could not be sent. */
function drops(first: number, second = 0): SwitchDrops {
  const none = { rxDropped: 0n, rxErrors: 0n, txErrors: 0n };
  return new Map([
    [1, { ...none, txDropped: BigInt(first) }],
    [2, { ...none, txDropped: BigInt(second) }],
  ]);
}

function guardAt(baseline: SwitchDrops, isInstalled = (_: EntryRef) => true): DropGuard {
  const guard = new DropGuard({ drops: 10, windowMs: 1000, isInstalled });
  guard.sampled(DPID, baseline, 0);
  return guard;
}

test("a policy is suspended only if one of its own ports loses more frames than before", () => {
  const guard = guardAt(drops(100, 100));
  guard.planned(
    [
      [A, onPort(1)],
      [B, onPort(2)],
    ],
    50,
  );
  expect(guard.sampled(DPID, drops(110, 100), 100)).toEqual([]);
  expect(guard.sampled(DPID, drops(111, 100), 300)).toEqual([
    { id: A, dpid: DPID, port: 1, counter: "txDropped", before: 100n, after: 111n, elapsedMs: 250 },
  ]);
  expect(guard.sampled(DPID, drops(999, 100), 400)).toEqual([]);
});

test("the window restarts when the policy is active, and then ends", () => {
  const guard = guardAt(drops(0));
  guard.planned([[A, onPort(1)]], 0);
  guard.active(A, 900);
  expect(guard.sampled(DPID, drops(5), 1800)).toEqual([]);
  expect(guard.sampled(DPID, drops(6), 2000)).toEqual([]);
  expect(guard.sampled(DPID, drops(99), 2100)).toEqual([]);
});

test("a counter that is reset or seen for the first time becomes the baseline", () => {
  const guard = guardAt(new Map());
  guard.planned([[A, onPort(1)]], 0);
  expect(guard.sampled(DPID, drops(5000), 100)).toEqual([]);
  expect(guard.sampled(DPID, drops(3), 200)).toEqual([]);
  expect(guard.sampled(DPID, drops(13), 300)).toEqual([]);
  expect(guard.sampled(DPID, drops(14), 400)).toMatchObject([{ before: 3n, after: 14n }]);
});

test("every port of a self-forwarding switch counts; a policy without rules has none", () => {
  const guard = guardAt(drops(0));
  guard.planned(
    [
      [A, { ports: new Map([[DPID, "all" as const]]), rules: [RULE_A] }],
      [B, { ports: new Map(), rules: [] }],
    ],
    0,
  );
  expect(guard.sampled(DPID, drops(0, 50), 100)).toMatchObject([{ id: A, port: 2 }]);
});

test("counters that the switch does not keep are ignored", () => {
  const guard = guardAt(new Map([[1, { rxErrors: 0n }]]));
  guard.planned([[A, onPort(1)]], 0);
  expect(guard.sampled(DPID, new Map([[1, { txDropped: 500n }]]), 100)).toEqual([]);
});

test.each([
  ["before", "planned", "sent"],
  ["after", "sent", "planned"],
])(
  "the baseline is what the switch had counted when the rules were sent; planned %s it",
  (_, ...order) => {
    const guard = guardAt(drops(80));
    for (const step of order) {
      if (step === "planned") guard.planned([[A, onPort(1)]], 50);
      else expect([...guard.sending(DPID, [RULE_A], 60)]).toEqual([DPID]);
    }
    guard.sampledBefore(DPID, drops(100));
    expect(guard.sampled(DPID, drops(110), 100)).toEqual([]);
    expect(guard.sampled(DPID, drops(111), 200)).toMatchObject([{ before: 100n, after: 111n }]);
  },
);

test("a policy that is installed long after it was planned is watched from then on", () => {
  let isInstalled = false;
  const guard = guardAt(drops(0), () => isInstalled);
  guard.planned([[A, onPort(1)]], 0);
  expect(guard.sampled(DPID, drops(500), 5_000)).toEqual([]);
  guard.sending(DPID, [RULE_B], 5_100);
  guard.sampledBefore(DPID, drops(600));
  expect(guard.sampled(DPID, drops(700), 5_200)).toEqual([]);
  guard.sending(DPID, [RULE_A], 5_300);
  guard.sampledBefore(DPID, drops(800));
  isInstalled = true;
  expect(guard.sampled(DPID, drops(810), 5_500)).toEqual([]);
  expect(guard.sampled(DPID, drops(811), 5_600)).toMatchObject([{ before: 800n, elapsedMs: 300 }]);
});

test("of a switch that does not answer the last counters are the baseline", () => {
  const guard = guardAt(drops(80));
  guard.planned([[A, onPort(1)]], 0);
  guard.sending(DPID, [RULE_A], 10);
  expect(guard.sampled(DPID, drops(100), 20)).toEqual([]);
  guard.notSampled(DPID);
  expect(guard.sampled(DPID, drops(111), 30)).toMatchObject([{ before: 100n }]);
});
