// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { overlap, parsePrefix } from "../../../src/page/policies/ip.ts";

test.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "1.2.3.4/33",
  "::1/129",
  "fa:00:00:00:00:01",
  "h1",
  "1:2",
  ":::",
])("%s is no address", (text) => expect(parsePrefix(text)).toBeUndefined());

test.each([
  ["10.0.0.0/8", "10.1.2.3", true],
  ["10.0.0.0/8", "11.0.0.0/8", false],
  ["0.0.0.0/0", "192.0.2.1", true],
  ["0.0.0.0/0", "::1", false],
  ["fd00::/8", "fd12:3::1", true],
  ["::/0", "::1", true],
  ["2001:db8::1", "2001:db8:0:0:0:0:0:1", true],
])("%s and %s: %s", (a, b, expected) => {
  const [one, other] = [parsePrefix(a), parsePrefix(b)];
  if (!one || !other) throw new Error("no address");
  expect(overlap(one, other)).toBe(expected);
});

test("an address is in each of its prefixes, and overlaps are mutual", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (a, b, length) => {
      const [one, other] = [parsePrefix(a), parsePrefix(`${b}/${length}`)];
      const own = parsePrefix(`${a}/${length}`);
      if (!one || !other || !own) throw new Error("no address");
      expect(overlap(one, own)).toBe(true);
      expect(overlap(one, other)).toBe(overlap(other, one));
    }),
  );
});
