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

test("a policy is stopped when a port of its own loses more than before, and only then", () => {
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

test("the window begins anew when the policy is active, and then ends", () => {
  const guard = guardAt(drops(0));
  guard.planned([[A, onPort(1)]], 0);
  guard.active(A, 900);
  expect(guard.sampled(DPID, drops(5), 1800)).toEqual([]);
  expect(guard.sampled(DPID, drops(6), 2000)).toEqual([]);
  expect(guard.sampled(DPID, drops(99), 2100)).toEqual([]);
});

test("a counter that starts again, or is seen for the first time, is where it begins", () => {
  const guard = guardAt(new Map());
  guard.planned([[A, onPort(1)]], 0);
  expect(guard.sampled(DPID, drops(5000), 100)).toEqual([]);
  expect(guard.sampled(DPID, drops(3), 200)).toEqual([]);
  expect(guard.sampled(DPID, drops(13), 300)).toEqual([]);
  expect(guard.sampled(DPID, drops(14), 400)).toMatchObject([{ before: 3n, after: 14n }]);
});

test("any port of a switch that forwards by itself counts; none of a policy without rules does", () => {
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

test("counters that the switch does not keep say nothing", () => {
  const guard = guardAt(new Map([[1, { rxErrors: 0n }]]));
  guard.planned([[A, onPort(1)]], 0);
  expect(guard.sampled(DPID, new Map([[1, { txDropped: 500n }]]), 100)).toEqual([]);
});
