// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedKeys } from "../../src/lang/ordered-keys.ts";

/** More keys than a few chunks hold. */
const RANGE = 2000;
const edit = fc.record({
  from: fc.integer({ min: 0, max: RANGE }),
  count: fc.integer({ min: 1, max: 700 }),
  /** Keys that are next to each other, or far apart. */
  stride: fc.constantFrom(1, 7, -1),
  removes: fc.boolean(),
});

test("after any edits it has the keys of a Set, in order, and earlier copies keep theirs", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), fc.integer({ max: RANGE }), (edits, last) => {
      const reference = new Set<number>();
      let keys = OrderedKeys.empty<number>();
      for (const { from, count, stride, removes } of edits) {
        const [before, content] = [keys, [...keys]];
        for (let n = 0; n < count; n++) {
          const key = (from + n * stride + RANGE) % RANGE;
          keys = removes ? keys.without(key) : keys.with(key);
          if (removes) reference.delete(key);
          else reference.add(key);
        }
        expect([...before]).toEqual(content);
      }
      const expected = [...reference].sort((x, y) => x - y);
      expect([...keys]).toEqual(expected);
      expect([...keys.after(last)]).toEqual(expected.filter((key) => key > last));
    }),
  );
});

test("an edit without effect returns the same set", () => {
  const keys = OrderedKeys.empty<string>().with("a").with("c");
  expect(keys.with("a")).toBe(keys);
  expect(keys.without("b")).toBe(keys);
  expect(keys.without("d")).toBe(keys);
});
