// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  mapDifferenceSteps,
  mapDifferences,
  PersistentMap,
} from "../../src/lang/persistent-map.ts";

/** Few keys, so that edits meet; some of them equal in their lower 32 bits, some beyond them. */
const key = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((n) => 0xfa_0000_0000 * 16 + n),
  fc.integer({ min: 0, max: 4 }).map((n) => n * 2 ** 32),
);
const edit = fc.record({ key, value: fc.option(fc.integer({ min: 0, max: 3 })) });

function applied(
  map: PersistentMap<number, number>,
  edits: readonly { key: number; value: number | null }[],
): PersistentMap<number, number> {
  let now = map;
  for (const { key, value } of edits) {
    now = value === null ? now.without(key) : now.with(key, value);
  }
  return now;
}

const inOrder = <V>(entries: Iterable<readonly [number, V]>) =>
  [...entries].sort(([x], [y]) => x - y);

describe("after any edits", () => {
  test("it has the entries of a Map with the same edits, and earlier copies keep theirs", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 200 }), (edits) => {
        const reference = new Map<number, number>();
        let map = PersistentMap.empty<number, number>();
        for (const one of edits) {
          const [before, size] = [map, map.size];
          const content = inOrder(before);
          map = applied(map, [one]);
          if (one.value === null) reference.delete(one.key);
          else reference.set(one.key, one.value);
          expect([before.size, inOrder(before)]).toEqual([size, content]);
          expect([map.get(one.key), map.has(one.key)]).toEqual([
            one.value ?? undefined,
            one.value !== null,
          ]);
        }
        expect(map.size).toBe(reference.size);
        expect(inOrder(map)).toEqual(inOrder(reference));
        expect([...map.keys()].map((each) => map.get(each))).toEqual([...map.values()]);
      }),
    );
  });

  test("its order is that of a map made of the entries in any other order", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 100 }), (edits) => {
        const map = applied(PersistentMap.empty(), edits);
        expect([...PersistentMap.from(inOrder(map).reverse())]).toEqual([...map]);
      }),
    );
  });

  test("the differences of two copies are those of their entries", () => {
    const edits = fc.array(edit, { maxLength: 60 });
    fc.assert(
      fc.property(edits, edits, edits, (shared, one, other) => {
        const base = applied(PersistentMap.empty(), shared);
        const [before, after] = [applied(base, one), applied(base, other)];
        const found = (from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>) =>
          inOrder(mapDifferences(from, to).map(([at, old, now]) => [at, [old, now]] as const));
        expect(found(before, after)).toEqual(found(new Map(before), new Map(after)));
      }),
    );
  });
});

test("an edit that changes nothing gives the same map", () => {
  const map = PersistentMap.from<string, number>([["a", 1]]);
  expect(map.with("a", 1)).toBe(map);
  expect(map.without("b")).toBe(map);
});

test("twenty thousand addresses are found, and a copy with one more differs in it alone", () => {
  const macs = Array.from({ length: 20_000 }, (_, n) => 0xfa00_0000_0000 + n * 7);
  const map = PersistentMap.from(macs.map((mac) => [mac, mac] as const));
  expect(macs.every((mac) => map.get(mac) === mac)).toBe(true);
  const more = map.with(1, 1);
  expect(mapDifferences(map, more)).toEqual([[1, undefined, 1]]);
  expect(mapDifferences(more, more.without(1).with(2, 2)).length).toBe(2);
});

test("the differences of many entries are found in many steps", () => {
  const numbers = Array.from({ length: 20_000 }, (_, n) => n);
  const [before, after] = [
    numbers.map((n) => [n, n] as const),
    numbers.map((n) => [n, n + 1] as const),
  ];
  const plain = [new Map(before), new Map(after)] as const;
  for (const maps of [plain, plain.map((map) => PersistentMap.from(map))]) {
    const [from = plain[0], to = plain[1]] = maps;
    const steps = mapDifferenceSteps(from, to);
    let count = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) count++;
    expect(step.value).toHaveLength(numbers.length);
    expect(count).toBeGreaterThan(30);
  }
});
