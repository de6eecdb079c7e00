// SPDX-License-Identifier: Apache-2.0
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText } from "../../../src/api/http/json-text.ts";
import { LazyList } from "../../../src/lang/lazy-list.ts";
import { propertyRuns } from "../../properties.ts";

function whole(json: string | Readable): string | Promise<string> {
  return typeof json === "string" ? json : text(json);
}

test("an answer in pieces is the text that JSON.stringify makes", async () => {
  const entry = fc.oneof(fc.jsonValue(), fc.constant(undefined));
  const list = fc.array(entry, { minLength: 0, maxLength: 60, size: "max" });
  const answer = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), list, fc.constant(undefined)));
  await fc.assert(
    fc.asyncProperty(fc.oneof(answer, list, fc.jsonValue()), async (value) => {
      expect(await whole(jsonText(value))).toBe(JSON.stringify(value));
    }),
    { numRuns: propertyRuns(300) },
  );
});

const items = Array.from({ length: 3000 }, (_, n) => "x".repeat(n % 90));

test.each([
  { before: 1, items },
  { before: 1, columns: { at: new Date(0), names: { items }, other: {} }, after: null },
  { switches: [{ name: "s1", rules: items }, null, [1], { rules: [] }], after: 1 },
])("a long list is sent in pieces, wherever it is", async (value) => {
  const json = jsonText(value);
  expect(typeof json).toBe("object");
  const pieces: string[] = [];
  for await (const piece of json as Readable) pieces.push(String(piece));
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join("")).toBe(JSON.stringify(value));
});

test("a list that is made as it is read is sent entry by entry", async () => {
  let made = 0;
  const make = (item: string) => {
    made++;
    return { item, rules: item.length === 0 ? items.slice(0, 30) : [item] };
  };
  const value = {
    before: 1,
    inner: { hosts: LazyList.from(items, make), none: LazyList.from([], make) },
  };
  const json = jsonText(value) as Readable;
  expect(made).toBe(0);
  const pieces: string[] = [];
  for await (const piece of json) {
    if (pieces.length === 0) expect(made).toBeLessThan(items.length);
    pieces.push(String(piece));
  }
  const expected = { before: 1, inner: { hosts: items.map(make), none: [] } };
  expect(pieces.join("")).toBe(JSON.stringify(expected));
});
