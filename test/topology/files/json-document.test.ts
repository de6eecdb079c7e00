// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatFileError, JsonDocument, jsonPointer } from "../../../src/topology/index.ts";

function errorsOf(text: string): string[] {
  const result = JsonDocument.parse(text, "f.json");
  return result.ok ? [] : result.errors.map(formatFileError);
}

describe("malformed text", () => {
  test.each([
    ["", "f.json:1:1 /: the file is empty, write a JSON object: { … }"],
    [
      "{\n  a: 1 }",
      'f.json:2:3 /: "a" is not JSON, write keys and strings in double quotes; the only bare words are true, false and null',
    ],
    ['{ "a": 1 "b": 2 }', 'f.json:1:10 /: "b" where "," was expected, add the missing ","'],
    [
      '{ "a": 1, }',
      'f.json:1:11 /: "}" where a key in double quotes was expected, write the key in double quotes, or remove the comma before it',
    ],
    ['{ "a": [1, 2', 'f.json:1:13 /: the file ends before "]", add the missing "]"'],
    [
      '{ "a": tru }',
      'f.json:1:8 /: "tru" is not JSON, write keys and strings in double quotes; the only bare words are true, false and null',
    ],
    [
      "{} {}",
      'f.json:1:4 /: "{" after the end of the JSON value, remove everything after the value',
    ],
    ["{ // no\n}", "f.json:1:3 /: JSON does not allow comments, remove the comment"],
    ["[".repeat(100_000), "f.json:1:1 /: the values nest too deeply, flatten them"],
  ])("%#: %.20s", (text, message) => {
    expect(errorsOf(text)).toEqual([message]);
  });

  test("all duplicate keys are reported with the place of the first", () => {
    expect(errorsOf('{\n "a": 1,\n "b": { "x": 1, "x": "\\":" },\n "a": 2 }')).toEqual([
      'f.json:3:17 /b/x: key "x" occurs twice in one object (first on line 3), keep one of them',
      'f.json:4:2 /a: key "a" occurs twice in one object (first on line 2), keep one of them',
    ]);
  });
});

test("any JSON text is read as by JSON.parse", () => {
  const spaced = fc.tuple(fc.jsonValue(), fc.constantFrom(0, 1, "\t"));
  fc.assert(
    fc.property(spaced, ([value, indent]) => {
      const text = JSON.stringify(value, null, indent);
      const parsed = JsonDocument.parse(text, "f.json");
      expect(parsed.ok && parsed.value.value).toEqual(JSON.parse(text));
    }),
  );
});

test("a duplicate key is found in any spelling", () => {
  expect(errorsOf('{ "a:\\"": 1, "\\u0061:\\u0022" : 2 }')).toHaveLength(1);
});

test("a deeply nested text is read or refused without a crash", () => {
  const deep = (inside: string) => `${"[".repeat(100_000)}${inside}${"]".repeat(100_000)}`;
  const parsed = JsonDocument.parse(deep("1"), "f.json");
  expect(parsed.ok && parsed.value.position([0, 0])).toEqual({ line: 1, column: 1 });
  expect(errorsOf(deep('{ "a": 1, "a": 2 }'))).toEqual([
    "f.json:1:1 /: the values nest too deeply, flatten them",
  ]);
});

describe("positions", () => {
  const parsed = JsonDocument.parse('\uFEFF{\n  "a/b": [10,\n    { "c": true }]\n}', "f.json");
  if (!parsed.ok) throw new Error("well-formed");
  const document = parsed.value;

  test.each([
    [[], "value", 1, 1],
    [["a/b"], "value", 2, 10],
    [["a/b"], "key", 2, 3],
    [["a/b", 0], "value", 2, 11],
    [["a/b", 1, "c"], "value", 3, 12],
    [["a/b", 1, "missing"], "value", 3, 5],
    [["a/b", 7], "value", 2, 10],
  ] as const)("%j of the %s", (path, at, line, column) => {
    expect(document.position(path, at)).toEqual({ line, column });
  });

  test("pointers are escaped as RFC 6901 requires", () => {
    expect(jsonPointer(["a/b", 1, "~"])).toBe("/a~1b/1/~0");
  });
});
