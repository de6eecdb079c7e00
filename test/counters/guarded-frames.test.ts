// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import { GuardedFrames } from "../../src/counters/guarded-frames.ts";

const S1 = "0000000000000001";
const MINUTE_MS = 60_000;

let now: number;
let reports: (readonly [frames: number, total: number])[];
let guarded: GuardedFrames;

beforeEach(() => {
  now = 1_000_000;
  reports = [];
  guarded = new GuardedFrames({
    now: () => now,
    report: (_, frames, total) => reports.push([frames, total]),
  });
});

/** A reading: frames of each guard, in the order of cookies; all of the same age. */
function read(durationMs: number, ...frames: readonly number[]): void {
  const entries = frames.map((packets, index) => ({
    cookie: BigInt(index),
    packets,
    bytes: 0,
    durationMs,
    group: undefined,
  }));
  guarded.listed(S1, entries);
  guarded.completed(S1);
}

test("counts what guards drop from the start of the process", () => {
  read(10 * MINUTE_MS, 5, 7);
  expect(guarded.of(S1)).toBe(0);
  read(10 * MINUTE_MS, 6, 9);
  expect(guarded.of(S1)).toBe(3);
});

test("counts all that a guard dropped which was added since", () => {
  now += MINUTE_MS;
  read(1_000, 4);
  expect(guarded.of(S1)).toBe(4);
});

test("a guard that was added again counts from zero", () => {
  read(0, 4);
  read(0, 1);
  expect(guarded.of(S1)).toBe(5);
  read(0);
  read(0, 3);
  expect(guarded.of(S1)).toBe(8);
});

test("reports a rise once a minute, with all since the last report", () => {
  read(0, 4);
  read(0, 5);
  now += MINUTE_MS - 1;
  read(0, 6);
  expect(reports).toEqual([[4, 4]]);
  now += 1;
  read(0, 6);
  expect(reports).toEqual([
    [4, 4],
    [2, 6],
  ]);
  now += MINUTE_MS;
  read(0, 6);
  expect(reports).toHaveLength(2);
});
