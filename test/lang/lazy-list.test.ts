// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { LazyList } from "../../src/lang/lazy-list.ts";

test("reads as a mapped array does, each time", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const list = LazyList.from(numbers, (n) => n + 1).map((n) => `${n}`);
      const expected = numbers.map((n) => `${n + 1}`);
      expect([...list]).toEqual(expected);
      expect([...list]).toEqual(expected);
    }),
  );
});

test("makes no item before it is read", () => {
  const made: number[] = [];
  const list = LazyList.from([1, 2, 3], (n) => made.push(n));
  expect(made).toEqual([]);
  for (const _ of list) break;
  expect(made).toEqual([1]);
});
