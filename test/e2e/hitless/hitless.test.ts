import { expect, test } from "vitest";
import { expectHitless } from "./expect-hitless.ts";
import { compare } from "./numbered-stream.ts";

test("the judge finds what is lost, twice there and late", () => {
  const { sent: _, ...faults } = compare(5, [0, 2, 1, 4, 4]);
  expect(faults).toEqual({ lost: [3], duplicated: [4], reordered: [1] });
});

test("operations beside production, by a topology file: nothing lost, doubled or out of order", async () => {
  await expectHitless("file");
});
