// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSame, merge, threeWay } from "../../../src/page/editor/three-way.ts";

const BASE = { id: "a", name: "old", filters: { tcp_dst: 80 }, enabled: true };

test("what one has changed is kept, what both have changed is a conflict", () => {
  const yours = { ...BASE, name: "yours", filters: { tcp_dst: 443 } };
  const { enabled: _, ...theirs } = { ...BASE, name: "theirs", monitors: [{ host: "h3" }] };
  const differences = threeWay(BASE, yours, theirs);
  expect(differences.filter(({ isConflict }) => isConflict).map(({ key }) => key)).toEqual([
    "name",
  ]);
  const both = { id: "a", filters: { tcp_dst: 443 }, monitors: [{ host: "h3" }] };
  expect(merge(theirs, differences)).toEqual({ ...both, name: "yours" });
  expect(merge(theirs, differences, { name: "theirs" })).toEqual({ ...both, name: "theirs" });
});

const document = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 2 }), {
  noNullPrototype: true,
});

test("changes of one alone need no decision", () => {
  fc.assert(
    fc.property(document, document, (base, changed) => {
      expect(isSame(merge(base, threeWay(base, changed, base)), changed)).toBe(true);
      expect(isSame(merge(changed, threeWay(base, base, changed)), changed)).toBe(true);
      expect(threeWay(base, changed, changed).some(({ isConflict }) => isConflict)).toBe(false);
    }),
  );
});

test("the order of members makes no difference", () => {
  expect(isSame({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true);
  expect(isSame([1, 2], [2, 1])).toBe(false);
  expect(isSame({ a: undefined }, {})).toBe(false);
});
