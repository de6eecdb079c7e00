// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesPattern } from "../../../src/controller/mirrors/bridge-ports.ts";
import { propertyRuns } from "../../properties.ts";

test("a pattern matches as the regular expression does in which * is any text", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 6 });
  fc.assert(
    fc.property(letters, patterns, (text, pattern) => {
      const expression = pattern.replaceAll(".", "\\.").replaceAll("*", ".*");
      expect(matchesPattern(text, pattern)).toBe(new RegExp(`^${expression}$`).test(text));
    }),
    { numRuns: propertyRuns(2000) },
  );
});
