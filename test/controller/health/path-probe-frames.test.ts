// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { PathProbeFrames } from "../../../src/controller/health/path-probe-frames.ts";

const KEY = Buffer.alloc(32, 1);
const frames = new PathProbeFrames(KEY);
const mac = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const header = fc.record({
  ethDst: mac,
  ethSrc: mac,
  vlan: fc.option(fc.integer({ min: 1, max: 4094 }), { nil: undefined }),
});
const sequence = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("a probe is read as it was made, whatever its addresses and its tag", () => {
  fc.assert(
    fc.property(header, sequence, (of, number) => {
      expect(frames.read(frames.frame(of, number))).toEqual({ type: "probe", sequence: number });
    }),
  );
});

test("a changed bit of what is signed, or of the signature, is noticed", () => {
  fc.assert(
    fc.property(header, sequence, fc.integer({ min: 8, max: 21 * 8 - 1 }), (of, number, bit) => {
      const frame = frames.frame(of, number);
      const payload = of.vlan === undefined ? 14 : 18;
      const at = payload + Math.floor(bit / 8);
      frame[at] = (frame[at] ?? 0) ^ (1 << (bit % 8));
      expect(frames.read(frame)).toEqual({ type: "forged" });
    }),
  );
});

test("another process's probe is forged, any other frame malformed", () => {
  const other = new PathProbeFrames(Buffer.alloc(32, 2));
  const of = { ethDst: 1, ethSrc: 2, vlan: undefined };
  expect(frames.read(other.frame(of, 3))).toEqual({ type: "forged" });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(frames.read(bytes).type).not.toBe("probe");
    }),
  );
});
