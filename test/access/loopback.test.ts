// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isLoopbackAddress } from "../../src/access/loopback.ts";
import { propertyRuns } from "../properties.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/** Addresses about as often within the ranges as beside them, in every text form. */
const addresses = (() => {
  const byte = fc.oneof(fc.constantFrom(0, 1, 126, 127, 128), fc.nat(255));
  const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join("."));
  const group = fc.constantFrom("0", "1", "7f", "7f00", "FFFF", "ffff");
  const groups = fc
    .array(group, { minLength: 0, maxLength: 7 })
    .map((list) => `::${list.join(":")}`);
  const mixed = fc.tuple(
    fc.constantFrom("::", "::ffff:", "::FFFF:", "0:0:0:0:0:ffff:", "1::"),
    ipv4,
  );
  const ipv6 = fc.oneof(
    groups,
    mixed.map((parts) => parts.join("")),
    fc.ipV6(),
  );
  return fc.oneof(
    ipv4,
    ipv6,
    fc.tuple(ipv6, fc.constant("%eth0")).map((parts) => parts.join("")),
  );
})();

test("loopback addresses are those that a list of node:net has, in every text form", () => {
  let [inside, outside] = [0, 0];
  fc.assert(
    fc.property(addresses, (address) => {
      const family = isIP(address);
      const expected = family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
      if (expected) inside++;
      else outside++;
      expect(isLoopbackAddress(address)).toBe(expected);
    }),
    { numRuns: propertyRuns(5000) },
  );
  expect(Math.min(inside, outside)).toBeGreaterThan(0);
});

test.each([
  ["127.0.0.1", true],
  ["127.255.255.255", true],
  ["128.0.0.0", false],
  ["::1", true],
  ["0:0::1%lo", true],
  ["::ffff:127.0.0.1", true],
  ["::FFFF:7f00:1", true],
  ["::127.0.0.1", false],
  ["::", false],
  ["localhost", false],
  ["127.1", false],
  ["", false],
])("%s: %j", (text, expected) => {
  expect(isLoopbackAddress(text)).toBe(expected);
});
