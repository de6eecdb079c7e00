// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COLUMNS, sortRows } from "../../../src/page/policies/columns.ts";
import { rowOf } from "./rows.ts";

const ROWS = [
  rowOf("b", {}, { copied: 5, lost: 1, state: "active" }),
  rowOf("a", {}, { copied: null, state: "error" }),
  rowOf("c", {}, { copied: 70, lost: 0, state: "degraded" }),
];

test.each([
  ["id", ["a", "b", "c"]],
  ["-id", ["c", "b", "a"]],
  ["copied", ["b", "c", "a"]],
  ["-copied", ["c", "b", "a"]],
  ["-lost", ["b", "c", "a"]],
  ["state", ["a", "c", "b"]],
  ["nothing", ["a", "b", "c"]],
])("by %s", (sort, ids) => {
  expect(sortRows(ROWS, sort).map(({ id }) => id)).toEqual(ids);
});

test("the order of the rows before makes no difference", () => {
  const shuffled = fc.shuffledSubarray(ROWS, { minLength: ROWS.length });
  const sort = fc.constantFrom(...COLUMNS.flatMap(({ id }) => [id, `-${id}`]));
  fc.assert(
    fc.property(shuffled, sort, (rows, by) => {
      expect(sortRows(rows, by)).toEqual(sortRows(ROWS, by));
    }),
  );
});
