// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  assignHues,
  contrast,
  GROUNDS,
  HUES,
  lookOf,
  PATTERNS,
} from "../../../../src/page/map/model/hues.ts";

test.each(HUES)(
  "$name has a contrast of 4.5:1 with the ground of both themes",
  ({ light, dark }) => {
    expect(contrast(light, GROUNDS.light)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark, GROUNDS.dark)).toBeGreaterThanOrEqual(4.5);
  },
);

test("the contrast is that of WCAG", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test("policies beyond the last hue have another pattern", () => {
  const looks = Array.from({ length: HUES.length * PATTERNS.length }, (_, index) => {
    const { hue, pattern } = lookOf(index);
    return `${hue.name} ${pattern.join()}`;
  });
  expect(new Set(looks).size).toBe(looks.length);
});

test("a policy keeps its hue when others come and go; freed ones are used again", () => {
  const first = assignHues(new Map(), ["b", "a", "c"]);
  expect(first).toEqual(
    new Map([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]),
  );
  const second = assignHues(first, ["c", "0", "a"]);
  expect(second).toEqual(
    new Map([
      ["c", 2],
      ["a", 0],
      ["0", 1],
    ]),
  );
});
