import { expect, test } from "vitest";
import { compare } from "./hitless/numbered-stream.ts";
import { runHitless } from "./hitless/run.ts";

test("the judge finds what is lost, twice there and late", () => {
  const { sent: _, ...faults } = compare(5, [0, 2, 1, 4, 4]);
  expect(faults).toEqual({ lost: [3], duplicated: [4], reordered: [1] });
});

test("random operations beside production: nothing lost, doubled or out of order", async () => {
  const { steps, production, monitored, cuts } = await runHitless({
    operations: 12,
    seed: 3,
    cuts: 1,
  });
  const story = steps.map(({ what, from, to }) => `${from}-${to} ${what}`).join("\n");
  for (const { sent, ...faults } of [...production, ...monitored]) {
    expect(sent).toBeGreaterThan(100);
    expect(faults, story).toEqual({ lost: [], duplicated: [], reordered: [] });
  }
  expect(cuts).toMatchObject([{ disorder: 0, faultsOnReturn: 0 }]);
});
