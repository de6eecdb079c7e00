// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Column, mapOf, one, optional, setOf } from "../../src/ovsdb/columns.ts";
import type { Json } from "../../src/ovsdb/index.ts";
import { propertyRuns } from "../properties.ts";

const uuid = fc.uuid();
const texts = fc.string({ maxLength: 5 });
const integers = fc.integer();

/** A column with its random values. */
interface Case<T> {
  readonly column: Column<T>;
  readonly values: fc.Arbitrary<T>;
}

const setsOf = <T>(atoms: fc.Arbitrary<T>) =>
  fc.array(atoms, { maxLength: 6 }).map((a) => new Set(a));
const mapsOf = <K, V>(keys: fc.Arbitrary<K>, values: fc.Arbitrary<V>) =>
  fc.array(fc.tuple(keys, values), { maxLength: 6 }).map((pairs) => new Map(pairs));

function check<T>(name: string, { column, values }: Case<T>, difference: (a: T, b: T) => Json) {
  describe(name, () => {
    test("reads what it writes", () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(column.read(column.write(value))).toEqual(value);
        }),
        { numRuns: propertyRuns(200) },
      );
    });

    test("a change leads from any value to any other", () => {
      fc.assert(
        fc.property(values, values, (before, after) => {
          expect(column.changed(before, difference(before, after))).toEqual(after);
        }),
        { numRuns: propertyRuns(200) },
      );
    });
  });
}

const small = fc.integer({ min: 0, max: 5 });
const word = fc.constantFrom("a", "b", "c");

function setDifference<T>(column: Column<ReadonlySet<T>>) {
  return (a: ReadonlySet<T>, b: ReadonlySet<T>) =>
    column.write(new Set([...a, ...b].filter((each) => a.has(each) !== b.has(each))));
}

check("one string", { column: one("c", "string"), values: texts }, (_, b) => b);
check("one boolean", { column: one("c", "boolean"), values: fc.boolean() }, (_, b) => b);
const maybe = optional("c", "integer");
check(
  "an optional integer",
  { column: maybe, values: fc.option(integers, { nil: undefined }) },
  (_, b) => maybe.write(b),
);
const uuids = setOf("c", "uuid");
check("a set of uuids", { column: uuids, values: setsOf(uuid) }, setDifference(uuids));
const numbers = setOf("c", "integer");
check("a set of integers", { column: numbers, values: setsOf(small) }, setDifference(numbers));
const map = mapOf("c", "string", "integer");
check("a map", { column: map, values: mapsOf(word, small) }, (a, b) => {
  const gone = [...a].filter(([key]) => !b.has(key));
  const set = [...b].filter(([key, value]) => a.get(key) !== value);
  return map.write(new Map([...gone, ...set]));
});

describe("forms of the wire", () => {
  test("an atom stands for the set of it", () => {
    const id = "6f2b1f5e-0000-4000-8000-000000000001";
    expect(setOf("c", "uuid").read(["uuid", id])).toEqual(new Set([id]));
    expect(optional("c", "string").read("x")).toBe("x");
    expect(optional("c", "string").read(["set", []])).toBeUndefined();
  });

  test.each<[string, Column, Json]>([
    ["a number for a string", one("c", "string"), 1],
    ["a fraction for an integer", one("c", "integer"), 1.5],
    ["a text that is no uuid", optional("c", "uuid"), ["uuid", "x"]],
    ["two for one", optional("c", "string"), ["set", ["a", "b"]]],
    ["a set without a list", setOf("c", "string"), ["set", "a"]],
    ["a set for a map", mapOf("c", "string", "string"), ["set", []]],
    ["a pair of three", mapOf("c", "string", "string"), ["map", [["a", "b", "c"]]]],
    ["a very long set", setOf("c", "integer"), ["set", Array.from({ length: 70_000 }, () => 1)]],
  ])("%s is an error", (_, column, json) => {
    expect(() => column.read(json)).toThrow(/expected|several|more than/);
  });
});

describe("forms of the schema", () => {
  const STRING = { type: "string", enum: ["set", ["a", "b"]] };
  const UUID = { type: "uuid", refTable: "Port" };

  test.each<[Column, Json]>([
    [one("c", "string"), "string"],
    [one("c", "integer"), { key: { type: "integer", minInteger: 0 } }],
    [optional("c", "string"), { key: STRING, min: 0, max: 1 }],
    [setOf("c", "uuid"), { key: UUID, min: 0, max: "unlimited" }],
    [setOf("c", "integer"), { key: { type: "integer" }, min: 0, max: 4096 }],
    [
      mapOf("c", "string", "integer"),
      { key: "string", value: "integer", min: 0, max: "unlimited" },
    ],
  ])("column %# fits", (column, type) => {
    expect(column.fits(type)).toBe(true);
  });

  test.each<[Column, Json]>([
    [one("c", "string"), "integer"],
    [one("c", "string"), null],
    [one("c", "string"), { key: "string", min: 0, max: "unlimited" }],
    [setOf("c", "uuid"), { key: UUID, min: 0, max: 1 }],
    [setOf("c", "string"), { key: "string", value: "string", min: 0, max: "unlimited" }],
    [mapOf("c", "string", "integer"), { key: "string", value: "string", min: 0, max: "unlimited" }],
  ])("column %# does not", (column, type) => {
    expect(column.fits(type)).toBe(false);
  });
});
