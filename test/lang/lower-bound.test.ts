// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lowerBound, lowerBoundOf } from "../../src/lang/lower-bound.ts";

test("members before the index are less than the value, and no others", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer(), (members, value) => {
      const ascending = members.sort((a, b) => a - b);
      expect(lowerBound(ascending, value)).toBe(members.filter((each) => each < value).length);
    }),
  );
});

test("strings are compared by their UTF-16 code units", () => {
  expect(lowerBound(["a", "b", "b", "d"], "b")).toBe(1);
  expect(lowerBound(["a", "b"], "c")).toBe(2);
  expect(lowerBound([], "a")).toBe(0);
});

test("members may be in any order that a condition follows", () => {
  const descending = [9, 7, 7, 2];
  const placeOf = (value: number) => lowerBoundOf(descending, (member) => member > value);
  expect([10, 9, 7, 3, 1].map(placeOf)).toEqual([0, 0, 1, 3, 4]);
});
