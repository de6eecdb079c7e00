// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { RatesFrame } from "../../../src/contract/observation/rates.ts";
import { ratesAfter, sumOfRates } from "../../../src/page/data/rates.ts";

/** A frame with one policy and one direction of one link. */
const frame = (complete: boolean, ids: readonly string[], pps: number | null): RatesFrame => ({
  ...{ at: "2026-01-01T00:00:00.000Z", intervalMs: 2000, complete },
  policies: {
    id: ids,
    ...{ copiedPps: ids.map(() => pps), copiedBps: ids.map(() => null) },
    ...{ deliveredPps: ids.map(() => pps), deliveredBps: ids.map(() => null) },
    lostPps: ids.map(() => 0),
  },
  links: {
    ...{ from: ["1"], fromPort: [10], to: ["2"], toPort: [11] },
    ...{ pps: [pps], bps: [null], copiesPps: [pps], copiesBps: [null] },
  },
});

test("an incomplete frame leaves out what is as before; a complete one replaces everything", () => {
  const first = ratesAfter(undefined, frame(true, ["a", "b"], 5));
  const second = ratesAfter(first, frame(false, ["b"], 7));
  expect([second.policies.get("a")?.copiedPps, second.policies.get("b")?.copiedPps]).toEqual([
    5, 7,
  ]);
  expect(second.links.get("1/10")?.pps).toBe(7);
  expect([...ratesAfter(second, frame(true, ["b"], 9)).policies.keys()]).toEqual(["b"]);
});

test("what is not known stays unknown, and is no zero in a sum", () => {
  expect(ratesAfter(undefined, frame(true, ["a"], null)).policies.get("a")?.copiedPps).toBeNull();
  expect(sumOfRates([null, undefined])).toBeNull();
  expect(sumOfRates([null, 3, 4])).toBe(7);
});
