// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assignHues, HUES, lookOf, PATTERNS } from "../../../../src/page/map/model/hues.ts";

const tokens = readFileSync("src/page/styles/tokens.css", "utf8");

/** A colour of the tokens in both themes. */
function token(name: string): { light: string; dark: string } {
  const [, light = "", dark = ""] =
    new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(tokens) ?? [];
  return { light, dark };
}

describe.each(Array.from({ length: HUES }, (_, index) => `hue-${index + 1}`))("%s", (name) => {
  test.each(["light", "dark"] as const)("has the contrast of lines on the map, %s", (theme) => {
    const ground = token("surface-low")[theme];
    expect(contrast(token(name)[theme], ground)).toBeGreaterThanOrEqual(3);
  });
});

test("the contrast is that of WCAG", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test("policies beyond the last hue have another pattern", () => {
  const looks = Array.from({ length: HUES * PATTERNS.length }, (_, index) => {
    const { hue, pattern } = lookOf(index);
    return `${hue} ${pattern.join()}`;
  });
  expect(new Set(looks).size).toBe(looks.length);
});

test("a policy keeps its hue when others come and go; freed ones are used again", () => {
  const first = assignHues(new Map(), ["b", "a", "c"]);
  expect(first).toEqual(
    new Map([
      ["b", 0],
      ["a", 1],
      ["c", 2],
    ]),
  );
  const second = assignHues(first, ["c", "0", "a"]);
  expect(second).toEqual(
    new Map([
      ["c", 2],
      ["a", 1],
      ["0", 0],
    ]),
  );
});

/** Contrast of two colours such as `#12161c`, from 1 to 21. @spec WCAG 2.2, 1.4.11 */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
