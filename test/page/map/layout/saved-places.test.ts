// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { readPlaces, writePlaces } from "../../../../src/page/map/layout/saved-places.ts";

const places = fc
  .dictionary(
    fc.stringMatching(/^[0-9a-f]{16}$/),
    fc.record({
      x: fc.integer({ min: -9999, max: 9999 }),
      y: fc.integer({ min: -9999, max: 9999 }),
      isUp: fc.boolean(),
    }),
  )
  .map((entries) => new Map(Object.entries(entries)));

test("saved places are read as they were written", () => {
  fc.assert(
    fc.property(places, (written) => {
      expect(readPlaces(writePlaces(written, new Map()))).toEqual(written);
    }),
  );
});

test("any text is read; what is no place is left out", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readPlaces(text)));
  expect(readPlaces('{"a":[1,2],"b":[1],"c":"x","d":[null,2]}')).toEqual(
    new Map([["a", { x: 1, y: 2, isUp: false }]]),
  );
});

test("switches that are away keep their places", () => {
  const before = new Map([["a", { x: 1, y: 2, isUp: true }]]);
  const now = new Map([["b", { x: 3, y: 4, isUp: false }]]);
  expect(readPlaces(writePlaces(now, before))).toEqual(new Map([...before, ...now]));
});
