// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fieldsOfFrame,
  formatIpv6,
  summaryOfFrame,
} from "../../../../src/page/explain/capture/frame-fields.ts";
import { bytesOfHex } from "../../../../src/page/explain/capture/hex-text.ts";

const ADDRESSES = "fa0000000002fa0000000001";
const IPV4 = "4500002c00014000400600000a0000010a000002";
const TCP = "c00001bb0000000100000000500220000000000000000000";

test.each([
  ["TCP", `${ADDRESSES}0800${IPV4}${TCP}`, "10.0.0.1", "10.0.0.2", "TCP 49152 → 443 [S]"],
  [
    "tagged",
    `${ADDRESSES}8100000a0800${IPV4}${TCP}`,
    "10.0.0.1",
    "10.0.0.2",
    "VLAN 10, TCP 49152 → 443 [S]",
  ],
  [
    "ARP",
    `${ADDRESSES}08060001080006040001fa00000000010a0000010000000000000a000002`,
    "10.0.0.1",
    "10.0.0.2",
    "ARP request",
  ],
  [
    "ICMPv6",
    `${ADDRESSES}86dd6000000000083aff20010db800000000000000000000000120010db80000000000000000000000028000000000010001`,
    "2001:db8::1",
    "2001:db8::2",
    "ICMPv6",
  ],
  ["unknown", `${ADDRESSES}1234`, "fa:00:00:00:00:01", "fa:00:00:00:00:02", "ethertype 0x1234"],
])("%s in a line", (_, hex, from, to, what) => {
  expect(summaryOfFrame(bytesOfHex(hex))).toEqual({ from, to, what });
});

test("fields follow each other and stay inside the frame, whatever its bytes", () => {
  const etherType = fc.constantFrom(
    [0x08, 0x00],
    [0x86, 0xdd],
    [0x81, 0x00],
    [0x88, 0xa8],
    [0x08, 0x06],
    [0x88, 0x47],
  );
  fc.assert(
    fc.property(
      fc.array(etherType, { maxLength: 3 }),
      fc.uint8Array({ maxLength: 80 }),
      (types, rest) => {
        const frame = Uint8Array.from([...new Uint8Array(12), ...types.flat(), ...rest]);
        let end = 0;
        for (const { start, length } of fieldsOfFrame(frame)) {
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + length;
        }
        expect(end).toBeLessThanOrEqual(frame.length);
        summaryOfFrame(frame);
      },
    ),
  );
});

describe("IPv6 addresses in their shortest form", () => {
  test.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ])("%s", (hex, text) => {
    expect(formatIpv6(bytesOfHex(hex))).toBe(text);
  });
});
