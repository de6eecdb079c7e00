// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLines, writeJson, writeLines } from "../../src/cli/output/output.ts";
import { pairLines, tableLines } from "../../src/cli/output/table.ts";
import { displayWidth, visible } from "../../src/cli/output/visible.ts";
import { hostileText, UNSAFE } from "./hostile-text.ts";

function written(write: (output: { write(text: string): void }) => void): string {
  let text = "";
  write({ write: (part) => (text += part) });
  return text;
}

const linesOf = (text: string) => text.split("\n").slice(0, -1);

describe("visible text", () => {
  test.each([
    ["plain text, größer, 活动, עברית", "plain text, größer, 活动, עברית"],
    ["a\nb\r\tc", "a\\nb\\r\\tc"],
    ["\u001b[31mred\u009b0m", "\\u001b[31mred\\u009b0m"],
    ["abc\u202edef\u2069", "abc\\u202edef\\u2069"],
    ["a\u200bb\ufeffc\u2028d", "a\\u200bb\\ufeffc\\u2028d"],
    ["\ud800 \udc80", "\\ud800 \\udc80"],
    ["tag\u{e0041}", "tag\\udb40\\udc41"],
    ["no-break\u00a0space", "no-break\\u00a0space"],
    [`e${"\u0301".repeat(6)}`, `e${"\u0301".repeat(4)}\\u0301\\u0301`],
    ["C:\\new", "C:\\new"],
  ])("%j", (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test("no line is added, and no control character is written", () => {
    fc.assert(
      fc.property(fc.array(hostileText, { maxLength: 5 }), (lines) => {
        const out = linesOf(written((output) => writeLines(output, lines)));
        expect(out).toHaveLength(lines.length);
        for (const line of out) expect(line).not.toMatch(UNSAFE);
      }),
    );
  });

  test("once is enough", () => {
    fc.assert(fc.property(hostileText, (text) => visible(visible(text)) === visible(text)));
  });
});

describe("tables", () => {
  test("whatever the cells are, each row is one line, and no cell reads as two", () => {
    const cell = hostileText.map((text) => `x${text}x`);
    const row = fc.tuple(cell, cell, cell);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        const lines = tableLines(["A", "B", "C"], rows);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) {
          expect(line).not.toMatch(UNSAFE);
          expect(line.split(/ {2,}/)).toHaveLength(3);
        }
        // The third column begins at the same place in every line.
        const starts = lines.map((line) => displayWidth(line.replace(/\S+( \S+)*$/, "")));
        expect(new Set(starts).size).toBe(1);
      }),
    );
  });

  test("wide characters take two columns, combining marks none", () => {
    const rows = [
      ["活动", "x"],
      ["e\u0301e\u0301e\u0301e\u0301", "x"],
      ["🙂🙂", "x"],
      ["abcd", "x"],
    ];
    expect(tableLines(["A", "B"], rows)).toEqual([
      "A     B",
      "活动  x",
      "e\u0301e\u0301e\u0301e\u0301  x",
      "🙂🙂  x",
      "abcd  x",
    ]);
  });

  test("pairs are one line each", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostileText, hostileText), { maxLength: 4 }), (pairs) => {
        const lines = pairLines(pairs);
        expect(lines).toHaveLength(pairs.length);
        for (const line of lines) expect(line).not.toMatch(UNSAFE);
      }),
    );
  });
});

test("JSON output has the exact value, and no control characters", () => {
  const value = fc.dictionary(hostileText, fc.oneof(hostileText, fc.array(hostileText)));
  fc.assert(
    fc.property(value, (document) => {
      const text = written((output) => writeJson(output, document));
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
      for (const line of linesOf(text)) expect(line).not.toMatch(UNSAFE);
      expect(linesOf(written((output) => writeLines(output, jsonLines(document))))).toEqual(
        linesOf(text),
      );
    }),
  );
});
