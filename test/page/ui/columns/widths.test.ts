// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  LEAST_WIDTH,
  MOST_WIDTH,
  readWidths,
  templateOf,
  widthAfterKey,
  withWidths,
} from "../../../../src/page/ui/columns/widths.ts";

const COLUMNS = [
  { id: "state", width: 100 },
  { id: "id", width: 170, grow: 2 },
];

test("a chosen width is fixed; the other columns keep theirs", () => {
  expect(templateOf(withWidths(COLUMNS, {}))).toBe("100px minmax(170px, 2fr)");
  expect(templateOf(withWidths(COLUMNS, { id: 300, gone: 50 }))).toBe("100px 300px");
});

test("whatever the browser has kept, widths are within the limits", () => {
  expect(readWidths(undefined)).toEqual({});
  expect(readWidths('{"id":300,"state":"wide","x":1e9}')).toEqual({ id: 300, x: MOST_WIDTH });
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      for (const width of Object.values(readWidths(text))) {
        expect(width).toBeGreaterThanOrEqual(LEAST_WIDTH);
        expect(width).toBeLessThanOrEqual(MOST_WIDTH);
      }
    }),
  );
});

test.each([
  ["ArrowRight", true, 100, 116],
  ["ArrowLeft", true, 100, 84],
  ["ArrowLeft", true, LEAST_WIDTH, LEAST_WIDTH],
  ["Home", true, 100, "usual"],
  ["ArrowRight", false, 100, undefined],
  ["a", true, 100, undefined],
] as const)("%s (Shift: %s) at %i pixels: %s", (key, shiftKey, width, next) => {
  expect(widthAfterKey({ key, shiftKey }, width)).toBe(next);
});
