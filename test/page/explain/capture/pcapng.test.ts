// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { PcapngReader, type PcapngRecord } from "../../../../src/page/explain/capture/pcapng.ts";

const u16 = (value: number) => [value & 0xff, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const block = (type: number, body: readonly number[]) => [
  ...[...u32(type), ...u32(body.length + 12)],
  ...[...body, ...u32(body.length + 12)],
];
const padded = (bytes: readonly number[]) => [...bytes, ...Array(-bytes.length & 3).fill(0)];
const option = (code: number, value: readonly number[]) => [
  ...[...u16(code), ...u16(value.length)],
  ...padded(value),
];

const SECTION = block(0x0a0d0d0a, [
  ...u32(0x1a2b3c4d),
  ...u16(1),
  ...u16(0),
  ...Array(8).fill(255),
]);
const ethernet = (resolution: number) =>
  block(1, [...u16(1), ...u16(0), ...u32(256), ...option(9, [resolution]), ...option(0, [])]);
const packet = (units: bigint, bytes: readonly number[], length = bytes.length) =>
  block(6, [
    ...[...u32(0), ...u32(Number(units >> 32n)), ...u32(Number(units & 0xffff_ffffn))],
    ...[...u32(bytes.length), ...u32(length), ...padded(bytes)],
  ]);
const statistics = (dropped: number) =>
  block(5, [...u32(0), ...u32(0), ...u32(0), ...option(5, [...u32(dropped), ...u32(0)])]);

const AT_MS = Date.UTC(2026, 10, 30, 12) + 0.25;
const MICROS = BigInt(Math.round(AT_MS * 1000));
const FILE = Uint8Array.from([
  ...SECTION,
  ...ethernet(6),
  ...packet(MICROS, [1, 2, 3, 4, 5], 60),
  ...packet(MICROS + 1n, [6]),
  ...statistics(7),
]);

function records(chunks: readonly Uint8Array[]) {
  const reader = new PcapngReader();
  const found: PcapngRecord[] = [];
  for (const chunk of chunks) found.push(...reader.read(chunk));
  return { found, reader };
}

test("frames have their bytes, length and time; what was left out is counted", () => {
  const { found, reader } = records([FILE]);
  expect(found).toEqual([
    {
      ...{ type: "frame", linkType: 1 },
      frame: { bytes: Uint8Array.of(1, 2, 3, 4, 5), length: 60, at: AT_MS },
    },
    {
      ...{ type: "frame", linkType: 1 },
      frame: { bytes: Uint8Array.of(6), length: 1, at: expect.closeTo(AT_MS + 0.001, 3) },
    },
    { type: "dropped", count: 7 },
  ]);
  expect(reader.consumed).toBe(FILE.length);
});

test("times are in the resolution of the interface", () => {
  const at = (resolution: number, units: bigint) => {
    const bytes = [...SECTION, ...ethernet(resolution), ...packet(units, [1])];
    const [first] = records([Uint8Array.from(bytes)]).found;
    return first?.type === "frame" ? first.frame.at : undefined;
  };
  expect(at(9, 2_500_000_000n)).toBe(2500);
  expect(at(0x80 | 10, 2048n)).toBe(2000);
});

test("however the file is cut into chunks, the records are the same", () => {
  const whole = records([FILE]).found;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: FILE.length })), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), FILE.length];
      const chunks = at.slice(1).map((end, index) => FILE.subarray(at[index], end));
      expect(records(chunks).found).toEqual(whole);
    }),
  );
});

test("a file that is cut counts its complete blocks alone", () => {
  const complete = SECTION.length + ethernet(6).length + packet(MICROS, [1, 2, 3, 4, 5], 60).length;
  const { found, reader } = records([FILE.subarray(0, complete + 9)]);
  expect([found.length, reader.consumed]).toEqual([1, complete]);
});

test("no bytes break the reader", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), fc.boolean(), (chunks, isFile) => {
      const all = isFile ? [Uint8Array.from(SECTION), ...chunks] : chunks;
      const { reader } = records(all);
      const length = all.reduce((sum, chunk) => sum + chunk.length, 0);
      expect(reader.consumed).toBeLessThanOrEqual(length);
    }),
  );
});
