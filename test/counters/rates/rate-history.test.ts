// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { RateHistory } from "../../../src/counters/rates/rate-history.ts";

const SAMPLES = 300;

/** What one row is set to in one sample: a rate for each of two columns, or nothing. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant([0, 0]) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.double({ min: 0, max: 4e11, noNaN: true }), fc.nat(1_000_000)),
  },
  { weight: 1, arbitrary: fc.constant([Number.NaN, Number.NaN]) },
  { weight: 1, arbitrary: fc.constant([Number.NaN, 5]) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** Steps that come many times in a row, so that the ring is filled more than once. */
const history = fc
  .array(fc.tuple(step, fc.integer({ min: 1, max: 150 })), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.flatMap(([each, times]) => Array.from({ length: times }, () => each)));

/** Whether a value that is read may be that of a value which was set; NaN: none was, or it was not known. */
function mayBe(read: number | null | undefined, set: number): boolean {
  if (Number.isNaN(set)) return read === null;
  // A zero may be forgotten where samples were missed after it, and is never made up.
  if (set === 0) return read === 0 || read === null;
  return typeof read === "number" && Math.abs(read - set) <= set / 1000 + 0.05;
}

test("the last samples are kept to a thousandth; what was not sampled is not known", () => {
  fc.assert(
    fc.property(history, (steps) => {
      const kept = new RateHistory<string>(2);
      for (const [index, values] of steps.entries()) {
        kept.begin(index + 1);
        if (values !== undefined) kept.set("a", Float64Array.from(values));
      }
      const found = kept.of("a", 0);
      expect(found === undefined).toBe(steps.every((each) => each === undefined));
      const last = steps.slice(-SAMPLES);
      const skipped = steps.length - last.length;
      if (found) expect(found.at).toEqual(last.map((_, index) => skipped + index + 1));
      for (const [column, read] of (found?.columns ?? []).entries()) {
        const wrong = last.findIndex(
          (values, index) => !mayBe(read[index], values?.[column] ?? Number.NaN),
        );
        expect([column, wrong]).toEqual([column, -1]);
      }
    }),
  );
});

test("zeros without gaps are kept, before and after other rates", () => {
  const kept = new RateHistory<string>(1);
  for (const [index, value] of [0, 0, 7, 0].entries()) {
    kept.begin(index);
    kept.set("a", Float64Array.of(value));
  }
  expect(kept.of("a", 0)?.columns).toEqual([[0, 0, expect.closeTo(7, 1), 0]]);
  expect(kept.of("a", 2)?.at).toEqual([2, 3]);
  kept.delete("a");
  expect(kept.of("a", 0)).toBeUndefined();
});
