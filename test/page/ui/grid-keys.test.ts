// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { gridKey } from "../../../src/page/ui/grid-keys.ts";

const press = (key: string, index = 5) =>
  gridKey({ key, ctrlKey: false, metaKey: false, altKey: false }, { index, count: 20, page: 8 });

test.each([
  ["ArrowDown", 5, 6],
  ["j", 19, 19],
  ["ArrowUp", 0, 0],
  ["k", 5, 4],
  ["PageDown", 5, 13],
  ["PageDown", 15, 19],
  ["PageUp", 5, 0],
  ["Home", 5, 0],
  ["End", 5, 19],
])("%s at %i moves to %i", (key, index, to) => {
  expect(press(key, index)).toEqual({ what: "move", to });
});

test("other keys", () => {
  expect(
    ["Enter", "x", " ", "ArrowRight", "ArrowLeft", "Delete"].map((key) => press(key)?.what),
  ).toEqual(["open", "mark", "mark", "expand", "collapse", "delete"]);
  expect(press("a")).toBeUndefined();
  const held = { key: "j", ctrlKey: true, metaKey: false, altKey: false };
  expect(gridKey(held, { index: 0, count: 2, page: 1 })).toBeUndefined();
});
