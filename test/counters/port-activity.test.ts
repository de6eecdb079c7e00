// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { PortActivity } from "../../src/counters/port-activity.ts";
import { complete } from "../../src/lang/steps.ts";

/** Readings of two ports at a time, in milliseconds; port 2 never receives a frame. */
function activity(
  ...readings: readonly (readonly [at: number, frames: number, isBefore?: true])[]
) {
  const ports = new PortActivity();
  for (const [at, frames, isBefore = false] of readings) {
    const counts = new Map([
      [1, { received: frames, sent: undefined }],
      [2, { received: 0, sent: undefined }],
    ]);
    complete(ports.reading(counts, { asked: at, received: at }, isBefore));
  }
  return ports;
}

test("a port is quiet when its count was the same long before the change, or is zero", () => {
  const quiet = activity([0, 7], [5_000, 7, true]);
  expect([1, 2, undefined].map((port) => quiet.wasQuiet(port, 5_010))).toEqual([true, true, true]);
  const busy = activity([0, 6], [3_000, 7], [5_000, 7, true]);
  expect([1, 2, undefined].map((port) => busy.wasQuiet(port, 5_010))).toEqual([false, true, false]);
});

test("without an earlier reading a port is quiet only if it never received a frame", () => {
  const ports = activity([5_000, 7, true]);
  expect([ports.wasQuiet(1, 5_010), ports.wasQuiet(2, 5_010)]).toEqual([false, true]);
});

test("a change that no reading precedes is not quiet", () => {
  expect(activity([0, 0], [9_000, 0]).wasQuiet(2, 9_000)).toBe(false);
  const ports = activity([0, 0, true]);
  expect([ports.wasQuiet(2, 4_000), ports.wasQuiet(2, 60_000)]).toEqual([true, false]);
  // Between two readings of an entry it was changed at some time.
  expect(ports.wasQuiet(2, 60_000, 1_000)).toBe(true);
});

test("of several changes the last one before the time counts", () => {
  const ports = activity([0, 7], [5_000, 7, true], [9_000, 8], [10_000, 8, true]);
  expect([ports.wasQuiet(1, 5_100), ports.wasQuiet(1, 10_100)]).toEqual([true, false]);
});
