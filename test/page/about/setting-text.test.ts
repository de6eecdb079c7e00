// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { clauseParts, valueText } from "../../../src/page/about/setting-text.ts";

const setting = (more: object) => ({ name: "x", description: "", isDefault: true, ...more });

test("a clause has its code, and the words of its links", () => {
  expect(clauseParts("see [the page](page.md) at `/`, and [that](x.md#y)")).toEqual([
    { text: "see the page at ", isCode: false },
    { text: "/", isCode: true },
    { text: ", and that", isCode: false },
  ]);
});

test.each([
  [{}, undefined],
  [{ value: "127.0.0.1:6653" }, "127.0.0.1:6653"],
  [{ value: 5, unit: "seconds" }, "5 seconds"],
  [{ value: false }, "false"],
  [{ value: [] }, "none"],
  [{ value: ["a.json", "b.json"] }, "a.json, b.json"],
  [{ value: [{ listen: ":1" }] }, '[{"listen":":1"}]'],
])("%j is shown as %s", (more, text) => {
  expect(valueText(setting(more))).toBe(text);
});
