// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  PcapngReader,
  pcapngFrame,
  pcapngHeader,
  pcapngStatistics,
} from "../../../src/packet/index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a file, byte for byte", () => {
  const at = 0x0005_1234_89ab_cdefn;
  expect(hex(pcapngHeader("vT", { name: "p/m", snapLength: 256 }))).toBe(
    // Section header.
    ["0a0d0d0a", "28000000", "4d3c2b1a", "01000000", "ffffffffffffffff"].join("") +
      ["04000200", "76540000", "00000000", "28000000"].join("") +
      // Interface.
      ["01000000", "28000000", "01000000", "00010000"].join("") +
      ["02000300", "702f6d00", "09000100", "06000000", "00000000", "28000000"].join(""),
  );
  expect(hex(pcapngFrame({ at, bytes: Uint8Array.of(1, 2, 3, 4, 5), length: 60 }))).toBe(
    ["06000000", "28000000", "00000000", "34120500", "efcdab89", "05000000", "3c000000"].join("") +
      ["01020304", "05000000", "28000000"].join(""),
  );
  expect(hex(pcapngStatistics({ from: 1n, to: at, received: 7, dropped: 2 }))).toBe(
    ["05000000", "4c000000", "00000000", "34120500", "efcdab89"].join("") +
      ["02000800", "00000000", "01000000", "03000800", "34120500", "efcdab89"].join("") +
      ["04000800", "0700000000000000", "05000800", "0200000000000000", "00000000"].join("") +
      "4c000000",
  );
});

const framesArb = fc.array(
  fc.record({
    at: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    bytes: fc.uint8Array({ maxLength: 200 }),
    length: fc.nat(0xffff),
  }),
);

test("a file is read as it was written, in parts of any length", () => {
  fc.assert(
    fc.property(framesArb, fc.array(fc.integer({ min: 1, max: 90 })), (frames, lengths) => {
      const file = Buffer.concat([
        pcapngHeader("vT", { name: "p/m", snapLength: 256 }),
        ...frames.map(pcapngFrame),
        pcapngStatistics({ from: 0n, to: 1n, received: frames.length, dropped: 0 }),
      ]);
      const reader = new PcapngReader();
      const blocks = [];
      let at = 0;
      for (const length of [...lengths, file.length]) {
        blocks.push(...reader.read(file.subarray(at, at + length)));
        at += length;
      }
      expect(hex(Buffer.concat(blocks.map(({ bytes }) => bytes)))).toBe(hex(file));
      const read = blocks.flatMap(({ frame }) => frame ?? []);
      expect(read.map((frame) => ({ ...frame, bytes: hex(frame.bytes) }))).toEqual(
        frames.map((frame) => ({ ...frame, bytes: hex(frame.bytes) })),
      );
    }),
  );
});

test("what is no capture file is an error", () => {
  expect(() => new PcapngReader().read(Buffer.from("<html></html>"))).toThrow(RangeError);
  const reader = new PcapngReader();
  reader.read(pcapngHeader("vT", { name: "p/m", snapLength: 256 }));
  const frame = pcapngFrame({ at: 0n, bytes: Uint8Array.of(1), length: 1 });
  const longer = frame.slice();
  longer[20] = 200;
  expect(() => reader.read(longer)).toThrow("longer than its block");
  const endless = frame.slice();
  endless.fill(0xff, 4, 8);
  const other = new PcapngReader();
  other.read(pcapngHeader("vT", { name: "p/m", snapLength: 256 }));
  expect(() => other.read(endless)).toThrow("4294967295 bytes");
});
