// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import * as packet from "../../src/packet/index.ts";

const ends = { dst: "fa:00:00:00:00:02", src: "fa:00:00:00:00:01" };
const ips = { src: "10.1.1.1", dst: "10.1.1.2" };
const ip6s = { src: "fd00::1", dst: "fd00::2" };
const data = new Uint8Array(20);
const line = (bytes: Uint8Array, length = bytes.length) => packet.frameLine(bytes, length);

test.each([
  [
    "10.1.1.1:1024 > 10.1.1.2:80 tcp [ACK] 74 bytes",
    packet.ethernet(ends, packet.ipv4(ips, packet.tcp({ src: 1024, dst: 80 }, data))),
  ],
  [
    "[fd00::1]:5 > [fd00::2]:53 vlan 7 udp 86 bytes",
    packet.ethernet(
      { ...ends, tags: [{ vid: 7 }] },
      packet.ipv6(ip6s, packet.udp({ src: 5, dst: 53 }, data)),
    ),
  ],
  [
    "fa:00:00:00:00:01 > fa:00:00:00:00:02 ethertype 0x1234",
    Buffer.from("fa0000000002fa00000000011234", "hex"),
  ],
])("%s", (text, bytes) => {
  expect(line(bytes)).toContain(text);
});

test("of a frame whose end is missing, the beginning is shown", () => {
  const frame = packet.ethernet(ends, packet.ipv4(ips, packet.tcp({ src: 1024, dst: 80 }, data)));
  expect(line(frame.subarray(0, 54), frame.length)).toBe(line(frame));
  expect(line(frame.subarray(0, 34), 1500)).toContain("10.1.1.1:0 > 10.1.1.2:0 tcp");
  expect(line(frame.subarray(0, 10), 10)).toBe("10 bytes");
});

test("any bytes are one line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(line(bytes)).toMatch(/^[\x20-\x7e]+ bytes$/);
    }),
  );
});
