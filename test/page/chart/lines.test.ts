// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linePath, minutes, nearest, roundTop, spanOf } from "../../../src/page/chart/lines.ts";

const FRAME = { from: 0, to: 600_000, width: 600, height: 100, top: 10 };
const path = (at: readonly number[], values: readonly (number | null)[]) =>
  linePath({ at, values }, FRAME);

test("values are joined; what is not known, and what is too far apart, is a gap", () => {
  expect(path([0, 2000, 4000], [0, 5, 10])).toBe("M0 100h0L2 50L4 0");
  expect(path([0, 2000, 4000, 6000], [5, null, 5, 5])).toBe("M0 50h0M4 50h0L6 50");
  expect(path([0, 100_000], [5, 5])).toBe("M0 50h0M100 50h0");
  expect(path([0, 2000], [null, null])).toBe("");
  expect(path([], [])).toBe("");
});

test("samples out of the span are left out", () => {
  expect(path([-1, 0, 600_000, 600_001], [5, 5, 5, 5])).toBe("M0 50h0M600 50h0");
});

test("a line has a point for each known value, and none at the bottom for unknown ones", () => {
  const value = fc.option(fc.integer({ min: 1, max: 10 }), { nil: null });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      const found = path(
        values.map((_, index) => index * 2000),
        values,
      );
      const points = found.match(/[ML][\d.]+ [\d.]+/g) ?? [];
      expect(points.length).toBe(values.filter((each) => each !== null).length);
      expect(points.every((point) => !point.endsWith(" 100"))).toBe(true);
    }),
  );
});

test("the top is round, and no value is above it", () => {
  expect([0.3, 1, 1.1, 7, 43, 500, 501].map((each) => roundTop([null, each]))).toEqual([
    0.5, 1, 2, 10, 50, 500, 1000,
  ]);
  expect([roundTop([]), roundTop([null]), roundTop([0])]).toEqual([1, 1, 1]);
  const values = fc.array(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, (each) => {
      const [top, most] = [roundTop(each), Math.max(...each)];
      expect(top).toBeGreaterThanOrEqual(most * (1 - 1e-8));
      expect(top).toBeLessThan(most * 2.6);
    }),
  );
});

test("the mean of a minute is of its known values; of none it is not known", () => {
  const samples = { at: [1000, 61_000, 62_000, 63_000], values: [8, 2, null, 4] };
  expect(minutes(samples, { from: 0, to: 180_000 })).toEqual([
    { at: 180_000, mean: null },
    { at: 120_000, mean: 3 },
    { at: 60_000, mean: 8 },
  ]);
});

test("a chart begins with the first known sample, ten minutes ago at most and two at least", () => {
  const at = [0, 100_000, 300_000, 700_000];
  const from = (...values: (number | null)[]) => spanOf(at, [values, []], 600_000, 1).from;
  expect(from(null, null, 5, 5)).toBe(300_000);
  expect(from(1, 1, 5, 5)).toBe(100_000);
  expect(from(null, null, null, 5)).toBe(580_000);
  expect(from(null, null, null, null)).toBe(580_000);
  expect(spanOf([], [], 600_000, 900_000)).toEqual({ from: 780_000, to: 900_000 });
});

test("the nearest sample", () => {
  expect([nearest([0, 10, 20], 14), nearest([0, 10, 20], 99), nearest([], 5)]).toEqual([
    1,
    2,
    undefined,
  ]);
});
