// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  formatAge,
  formatBits,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  plural,
} from "../../../src/page/ui/format.ts";

test.each([
  [null, "–"],
  [undefined, "–"],
  [0, "0"],
  [1234, "1,234"],
  [9_999_999, "9,999,999"],
  [12_345_678, "12.3 M"],
  [5_000_000_000, "5.0 G"],
])("the count %s is %s", (value, text) => expect(formatCount(value)).toBe(text));

test.each([
  [null, "–"],
  [0, "0"],
  [0.42, "0.4"],
  [3, "3"],
  [1250, "1,250"],
])("the rate %s is %s", (value, text) => expect(formatRate(value)).toBe(text));

test.each([
  [0, "0 bit/s"],
  [999, "999 bit/s"],
  [1500, "1.5 kbit/s"],
  [25_000_000, "25 Mbit/s"],
])("%s bit/s is %s", (value, text) => expect(formatBits(value)).toBe(text));

test.each([
  [null, 5, "–"],
  [0, 0, "–"],
  [0, 5, "0 %"],
  [1, 100_000, "< 0.1 %"],
  [1, 50, "2.0 %"],
  [1, 4, "25 %"],
])("%s of %s is %s", (part, whole, text) => expect(formatShare(part, whole)).toBe(text));

test("times", () => {
  const now = Date.UTC(2026, 5, 1, 12);
  const ago = (ms: number) => formatAge(new Date(now - ms).toISOString(), now);
  expect([ago(0), ago(60_000), ago(7_200_000), ago(86_400_000 * 40)]).toEqual([
    ...["now", "1 min ago", "2 h ago", "2026-04-22"],
  ]);
  expect(formatAge(undefined, now)).toBe("–");
  expect(formatDuration(999)).toBe("0 s");
});

test("nouns", () => {
  expect([plural(1, "rule"), plural(2, "rule"), plural(0, "policy", "policies")]).toEqual([
    ...["1 rule", "2 rules", "0 policies"],
  ]);
});
