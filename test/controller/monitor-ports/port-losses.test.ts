// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { PortLosses } from "../../../src/controller/monitor-ports/port-losses.ts";

test("a rise between two readings is a loss until a reading without one", () => {
  const losses = new PortLosses();
  expect(losses.read(new Map([[3, 100n]]), 0)).toEqual([]);
  expect(losses.lossAt(3)).toBeUndefined();
  expect(losses.read(new Map([[3, 140n]]), 60_000)).toEqual([3]);
  expect(losses.lossAt(3)).toEqual({ frames: 40n, elapsedMs: 60_000 });
  expect(losses.read(new Map([[3, 140n]]), 120_000)).toEqual([3]);
  expect(losses.lossAt(3)).toBeUndefined();
});

test("a switch that restarts begins at zero: no loss", () => {
  const losses = new PortLosses();
  losses.read(new Map([[3, 100n]]), 0);
  losses.read(new Map([[3, 5n]]), 1000);
  expect(losses.lossAt(3)).toBeUndefined();
  losses.read(new Map([[3, 6n]]), 2000);
  expect(losses.lossAt(3)).toEqual({ frames: 1n, elapsedMs: 1000 });
});

test("law: the losses of all intervals add up to what a counter rose without restarts", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), (rises) => {
      const losses = new PortLosses();
      let total = 0n;
      losses.read(new Map([[1, total]]), 0);
      let sum = 0n;
      rises.forEach((rise, index) => {
        total += BigInt(rise);
        losses.read(new Map([[1, total]]), index + 1);
        sum += losses.lossAt(1)?.frames ?? 0n;
      });
      expect(sum).toBe(total);
    }),
  );
});
