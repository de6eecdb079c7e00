// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dotSpacing,
  formatRate,
  linkWidth,
  movingMax,
  packetsPerDot,
} from "../../../../src/page/map/model/traffic.ts";

const rate = fc.double({ min: 0, max: 1e9, noNaN: true });

test("the maximum follows rises at once and halves in ten seconds", () => {
  const start = movingMax(undefined, 800, 0);
  expect(movingMax(start, 0, 10_000).value).toBe(400);
  expect(movingMax(start, 900, 10_000).value).toBe(900);
  fc.assert(
    fc.property(rate, rate, fc.nat(100_000), (a, b, at) => {
      expect(movingMax({ value: a, at: 0 }, b, at).value).toBeGreaterThanOrEqual(b);
    }),
  );
});

test("a dot stands for 1, 2 or 5 times a power of ten, and the highest rate has at most three a second", () => {
  expect([3, 90, 1200, 45_000].map(packetsPerDot)).toEqual([1, 50, 500, 20_000]);
  fc.assert(
    fc.property(rate, (max) => {
      expect(max / packetsPerDot(max)).toBeLessThanOrEqual(3 * (1 + 1e-6));
      expect(packetsPerDot(max).toExponential()).toMatch(/^[125]e/);
    }),
  );
});

test("a higher rate has its dots closer; no rate has none", () => {
  expect(dotSpacing(0, 10)).toBeUndefined();
  fc.assert(
    fc.property(rate, rate, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(low > 0);
      expect(dotSpacing(high, 10) ?? 0).toBeLessThanOrEqual(dotSpacing(low, 10) ?? 0);
      expect(linkWidth(high)).toBeGreaterThanOrEqual(linkWidth(low));
    }),
  );
});

describe("rates in words", () => {
  test.each([
    [null, "–"],
    [undefined, "–"],
    [0, "0 pps"],
    [7, "7 pps"],
    [12.34, "12.3 pps"],
    [999.6, "1.00 kpps"],
    [1_240, "1.24 kpps"],
    [99_960, "100 kpps"],
    [3_000_000, "3 Mpps"],
  ])("%s is %s", (value, text) => {
    expect(formatRate(value, "pps")).toBe(text);
  });
});
