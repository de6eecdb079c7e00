// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { DropGuard, type SwitchDrops } from "../../../src/controller/suspension/drop-guard.ts";
import type { PolicyId } from "../../../src/policy/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";

const DPID = "0000000000000001" as Dpid;
const [A, B] = ["a", "b"] as [PolicyId, PolicyId];
const onPort = (port: number) => new Map([[DPID, new Set([port])]]);

/** Counters of two ports: frames that could not be sent. */
function drops(first: number, second = 0): SwitchDrops {
  const none = { rxDropped: 0n, rxErrors: 0n, txErrors: 0n };
  return new Map([
    [1, { ...none, txDropped: BigInt(first) }],
    [2, { ...none, txDropped: BigInt(second) }],
  ]);
}

function guardAt(baseline: SwitchDrops): DropGuard {
  const guard = new DropGuard({ drops: 10, windowMs: 1000 });
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
      [A, new Map([[DPID, "all" as const]])],
      [B, new Map()],
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
