// SPDX-License-Identifier: Apache-2.0

import fc from "fast-check";
import { expect, test } from "vitest";
import { complete, sorted } from "../../src/lang/steps.ts";

test("items are sorted as Array.sort does, equal ones in the order in which they come", () => {
  const itemArb = fc.record({ key: fc.nat(500), other: fc.nat() });
  const items = fc.array(itemArb, { maxLength: 5000, size: "max" });
  fc.assert(
    fc.property(items, (all) => {
      const expected = [...all].sort((a, b) => a.key - b.key);
      expect(complete(sorted(all, (a, b) => a.key - b.key))).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});
