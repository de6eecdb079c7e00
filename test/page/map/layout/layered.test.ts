// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { spaced } from "../../../../src/page/map/layout/layered.ts";

const values = fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 20 });

test("values keep their distance, and stay as they are where they had it", () => {
  fc.assert(
    fc.property(values, (desired) => {
      const result = spaced(desired, 10);
      for (const [index, value] of result.entries()) {
        expect(value - (result[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(10 - 1e-6);
      }
      const sorted = [...desired].sort((a, b) => a - b).map((value, index) => value + 10 * index);
      expect(spaced(sorted, 10).map(Math.round)).toEqual(sorted);
    }),
  );
});

test("values that are too close are moved to both sides", () => {
  expect(spaced([0, 0, 0], 10)).toEqual([-10, 0, 10]);
});
