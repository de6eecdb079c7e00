// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "../../../src/page/data/retry-delay.ts";

test("the delay doubles from one second to half a minute", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 100].map((failures) => retryDelayMs(failures, 0))).toEqual([
    1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test("pages that have lost the server at once do not return at once", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const delay = retryDelayMs(failures, random);
      expect(delay).toBeGreaterThanOrEqual(800);
      expect(delay).toBeLessThanOrEqual(30_000);
    }),
  );
  expect(retryDelayMs(3, 0.9)).toBeLessThan(retryDelayMs(3, 0.1));
});
