// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatHash, parseHash } from "../../../src/page/app/hash.ts";

test.each([
  ["", { path: ["map"], query: {} }],
  ["#/", { path: ["map"], query: {} }],
  [
    "#/policies?q=state%3Aactive&sort=-id",
    { path: ["policies"], query: { q: "state:active", sort: "-id" } },
  ],
  [
    "#/network/switches/0000000000000001",
    { path: ["network", "switches", "0000000000000001"], query: {} },
  ],
  ["#/a%2Fb/%", { path: ["a/b", "%"], query: {} }],
])("%s", (hash, route) => {
  expect(parseHash(hash)).toEqual(route);
});

test("a route is what its address says", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" });
  const key = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.dictionary(key, text), (path, query) => {
      expect(parseHash(formatHash({ path, query }))).toEqual({ path, query });
    }),
  );
});

test("any text is an address", () => {
  fc.assert(
    fc.property(fc.string(), (hash) => {
      expect(parseHash(hash).path.length).toBeGreaterThan(0);
    }),
  );
});
