// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatIpv4,
  formatIpv6,
  formatMac,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "../../../src/openflow/index.ts";

describe("MAC addresses", () => {
  test("are numbers", () => {
    expect(parseMac("fa:00:00:00:00:01")).toBe(0xfa0000000001);
    expect(parseMac("FA-00-00-00-00-01")).toBe(0xfa0000000001);
    expect(formatMac(0xfa0000000001)).toBe("fa:00:00:00:00:01");
    expect(formatMac(1)).toBe("00:00:00:00:00:01");
  });

  test.each([
    "",
    "fa:00:00:00:00",
    "fa:00:00:00:00:01:02",
    "fa:00:00:00:00:1g",
    "fa:00-00:00:00:01",
  ])("%j is none", (text) => expect(parseMac(text)).toBeUndefined());
});

describe("IPv4 addresses", () => {
  test("are unsigned numbers", () => {
    expect(parseIpv4("255.0.0.1")).toBe(0xff000001);
    expect(formatIpv4(0xff000001)).toBe("255.0.0.1");
  });

  test.each(["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.4 "])(
    "%j is none",
    (text) => expect(parseIpv4(text)).toBeUndefined(),
  );
});

describe("IPv6 addresses (RFC 5952)", () => {
  test.each([
    ["::", 0n],
    ["::1", 1n],
    ["2001:db8::1", 0x20010db8_00000000_00000000_00000001n],
    ["2001:db8:0:1:1:1:1:1", 0x20010db8_00000001_00010001_00010001n],
    ["2001:0:0:1::1", 0x20010000_00000001_00000000_00000001n],
    ["fe80::", 0xfe80n << 112n],
    ["::ffff:192.0.2.1", 0xffff_c000_0201n],
  ])("%s", (text, value) => {
    expect(parseIpv6(text)).toBe(value);
    expect(formatIpv6(value)).toBe(text);
  });

  test.each([
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "1.2.3.4::",
    "::g",
    "::1.2.3.4:5",
  ])("%j is none", (text) => expect(parseIpv6(text)).toBeUndefined());

  test("survive a round trip through text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        expect(parseIpv6(formatIpv6(value))).toBe(value);
      }),
    );
  });

  test("are parsed as by the platform", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        const value = parseIpv6(text);
        expect(value).toBeDefined();
        expect(parseIpv6(canonical)).toBe(value);
      }),
    );
  });
});
