// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { expectHitless } from "./expect-hitless.ts";
import { compare } from "./numbered-stream.ts";

test("the comparison finds lost, duplicated and reordered frames", () => {
  const { sent: _, ...faults } = compare(5, [0, 2, 1, 4, 4]);
  expect(faults).toEqual({ lost: [3], duplicated: [4], reordered: [1] });
});

test("operations beside production, with a topology file: nothing lost, duplicated or reordered", async () => {
  await expectHitless("file");
});
