// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { type JsonShape, jsonShape } from "../../src/api/http/json-shape.ts";
import { propertyRuns } from "../properties.ts";

/** The same from the parsed value; agrees where no key is written twice. */
function shapeOf(value: unknown): JsonShape {
  if (typeof value !== "object" || value === null) return { members: 0, depth: 0 };
  const inside = Object.values(value).map(shapeOf);
  return {
    members: inside.reduce((sum, { members }) => sum + members, inside.length),
    depth: 1 + inside.reduce((most, { depth }) => Math.max(most, depth), 0),
  };
}

test("the shape of any JSON text is that of its value", () => {
  const spaces = fc.constantFrom(undefined, 1, "\t");
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), spaces, (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      expect(jsonShape(Buffer.from(text))).toEqual(shapeOf(JSON.parse(text)));
    }),
    { numRuns: propertyRuns(500) },
  );
});

test("any bytes have a shape, within which those that JSON.parse accepts lie", () => {
  const json = fc.array(fc.constantFrom(...'[]{},:"\\ \n1ae\u00e9')).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      fc.oneof(
        json.map((text) => Buffer.from(text)),
        fc.uint8Array(),
      ),
      (bytes) => {
        const shape = jsonShape(bytes);
        expect(shape.members).toBeGreaterThanOrEqual(0);
        let value: unknown;
        try {
          value = JSON.parse(new TextDecoder().decode(bytes));
        } catch {
          return;
        }
        expect(shape.depth).toBe(shapeOf(value).depth);
        expect(shape.members).toBeGreaterThanOrEqual(shapeOf(value).members);
      },
    ),
    { numRuns: propertyRuns(2000) },
  );
});

test("the pass ends where a limit is exceeded", () => {
  expect(jsonShape(Buffer.from("[".repeat(1000)), { members: 2000, depth: 7 }).depth).toBe(8);
  const list = Buffer.from(`[${"1,".repeat(1000)}1]`);
  expect(jsonShape(list, { members: 20, depth: 7 }).members).toBe(21);
});
