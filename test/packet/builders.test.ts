// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  crc32c,
  ethernet,
  icmp,
  internetChecksum,
  ipv4,
  ipv6,
  tcp,
  udp,
} from "../../src/packet/index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const data = fc.uint8Array({ maxLength: 64 });

test("a tagged frame, byte for byte", () => {
  const header = { dst: "fa:00:00:00:00:02", src: "fa:00:00:00:00:01" };
  const frame = ethernet(
    { ...header, tags: [{ vid: 100, pcp: 5, dei: true }] },
    ipv4(
      { src: "10.1.1.1", dst: "10.1.1.2", dscp: 46, id: 7 },
      udp({ src: 1000, dst: 53 }, Uint8Array.of(1, 2)),
    ),
  );
  expect(hex(frame)).toBe(
    "fa0000000002" +
      "fa0000000001" +
      "8100b064" +
      "0800" +
      "45b8001e000700004011640c0a0101010a010102" +
      "03e80035000ae4b60102",
  );
});

test("checksums match the examples of the standards", () => {
  expect(internetChecksum(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x220d);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("a receiver's sum over header and pseudo-header is zero", () => {
  fc.assert(
    fc.property(data, fc.nat({ max: 0xffffffff }), fc.constantFrom(tcp, udp), (body, src, make) => {
      const { bytes } = ipv4({ src, dst: "10.0.0.1" }, make({ src: 1, dst: 2 }, body));
      expect(internetChecksum(bytes.subarray(0, 20))).toBe(0);
      const pseudo = Uint8Array.of(
        0,
        bytes[9] ?? 0,
        (bytes.length - 20) >> 8,
        (bytes.length - 20) & 255,
      );
      expect(internetChecksum(bytes.subarray(12, 20), pseudo, bytes.subarray(20))).toBe(0);
    }),
  );
  fc.assert(
    fc.property(data, (rest) => {
      expect(internetChecksum(icmp({ rest }).bytes)).toBe(0);
    }),
  );
});

test("IPv6 extension headers form a chain that ends in the payload's protocol", () => {
  const { bytes } = ipv6(
    {
      src: "fd00::1",
      dst: "fd00::2",
      extensions: [{ type: "hopByHop" }, { type: "fragment", more: true }],
    },
    udp({ src: 1, dst: 2 }),
  );
  expect([bytes[6], bytes[40], bytes[48]]).toEqual([0, 44, 17]);
});

test("malformed addresses throw", () => {
  expect(() =>
    ethernet({ dst: "fa:00", src: 1 }, { etherType: 0x800, bytes: new Uint8Array() }),
  ).toThrow(RangeError);
});
