// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentHash } from "../../../../src/flow-model/index.ts";
import { ExclusiveAllocator } from "../../../../src/policy/compile/model/exclusive-allocator.ts";
import { propertyRuns } from "../../../properties.ts";

/** Thirty-two numbers, so that collisions are the rule. */
const preference = (key: string, attempt: number) =>
  attempt < 40 ? contentHash(key, attempt) % 32 : undefined;
const allocator = (mostKeys = 8) => new ExclusiveAllocator(preference, mostKeys);

/** The numbers of keys, from a fresh allocator. */
function numbersOf(keys: readonly string[], mostKeys?: number): Map<string, number | undefined> {
  const fresh = allocator(mostKeys);
  for (const key of keys) fresh.acquire(key, "");
  return new Map(keys.map((key) => [key, fresh.acquire(key, "")]));
}

/** Acquires keys that come, then releases those that go. */
function changeTo(
  edited: ExclusiveAllocator,
  keys: readonly string[],
  known: Map<string, number | undefined>,
): void {
  for (const key of keys) if (!known.has(key)) known.set(key, edited.acquire(key, ""));
  for (const key of [...known.keys()]) {
    if (keys.includes(key)) continue;
    edited.release(key, "");
    known.delete(key);
  }
}

const editsArb = fc.array(fc.record({ key: fc.nat(15).map((n) => `key ${n}`) }), { maxLength: 40 });

describe("exclusive numbers", () => {
  test("depend on the set of keys alone, and changes are reported", () => {
    fc.assert(
      fc.property(editsArb, (edits) => {
        const edited = allocator();
        const known = new Map<string, number | undefined>();
        for (const { key } of edits) {
          if (known.has(key)) {
            edited.release(key, "");
            known.delete(key);
          } else known.set(key, edited.acquire(key, ""));
          const changed = edited.takeRenumbered();
          const expected = numbersOf([...known.keys()]);
          for (const each of changed) known.set(each, expected.get(each));
          expect(known).toEqual(expected);
        }
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  test("never pass from one key to another when a key comes or goes", () => {
    const keysArb = fc.uniqueArray(
      fc.nat(200).map((n) => `key ${n}`),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(keysArb, (keys) => {
        const after = numbersOf(keys);
        const before = numbersOf(keys.slice(1));
        for (const [key, number] of before) {
          for (const [other, its] of after) {
            if (number === undefined || its !== number) continue;
            expect(other).toBe(key);
          }
        }
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  test("changes of several keys are reported together", () => {
    const batchArb = fc.array(fc.uniqueArray(fc.nat(25), { maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(batchArb, (sets) => {
        const edited = allocator();
        const known = new Map<string, number | undefined>();
        for (const set of sets) {
          const keys = set.map((n) => `key ${n}`);
          changeTo(edited, keys, known);
          const expected = numbersOf(keys);
          for (const key of edited.takeRenumbered()) known.set(key, expected.get(key));
          expect(known).toEqual(expected);
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("no two keys hold one, and beyond the limit the smallest keys have them", () => {
    const keys = Array.from({ length: 12 }, (_, n) => `key ${String(n).padStart(2, "0")}`);
    const numbers = numbersOf(keys.toReversed());
    const held = keys.slice(0, 8).map((key) => numbers.get(key));
    expect(new Set(held).size).toBe(8);
    expect(held).not.toContain(undefined);
    expect(keys.slice(8).map((key) => numbers.get(key))).toEqual(Array(4).fill(undefined));
  });

  test("are separate in each scope", () => {
    const both = allocator();
    expect(both.acquire("key", "a")).toBe(both.acquire("key", "b"));
  });
});

describe("exclusive numbers that are held", () => {
  const key = (n: number) => `key ${String(n).padStart(2, "0")}`;
  const keysArb = fc.uniqueArray(fc.nat(15), { maxLength: 12 });

  test("beyond the limit stay with the keys that have them", () => {
    fc.assert(
      fc.property(fc.array(keysArb, { minLength: 1, maxLength: 6 }), (sets) => {
        const edited = allocator();
        const known = new Map<string, number | undefined>();
        let served: string[] = [];
        for (const set of sets) {
          changeTo(edited, set.map(key), known);
          edited.hold();
          const now = [...known.keys()].filter((each) => hasNumber(edited, each));
          expect(now).toHaveLength(Math.min(8, known.size));
          expect(now).toEqual(expect.arrayContaining(served.filter((each) => known.has(each))));
          served = now;
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  test("return to a key that goes and comes in one edit, also in another allocator", () => {
    const edited = allocator(2);
    edited.acquire("m", "");
    edited.acquire("n", "");
    edited.hold();
    edited.acquire("a", "");
    edited.acquire("b", "");
    edited.hold();
    edited.release("n", "");
    expect(hasNumber(edited, "a")).toBe(true);
    const rebuilt = allocator(2);
    rebuilt.holdAs(edited);
    for (const each of ["a", "b", "m", "n"]) rebuilt.acquire(each, "");
    edited.acquire("n", "");
    for (const both of [edited, rebuilt]) {
      expect(["a", "b", "m", "n"].filter((each) => hasNumber(both, each))).toEqual(["m", "n"]);
    }
  });
});

function hasNumber(from: ExclusiveAllocator, key: string): boolean {
  const number = from.acquire(key, "");
  from.release(key, "");
  return number !== undefined;
}
