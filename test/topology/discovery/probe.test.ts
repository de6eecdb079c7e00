// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Dpid,
  type PortNo,
  ProbeFrames,
  probeFrame,
  readProbe,
} from "../../../src/topology/index.ts";

const KEY = Buffer.alloc(32, "key");
const probe = {
  dpid: "00000000000000a1" as Dpid,
  port: 7 as PortNo,
  epoch: 0xfedcba9876543210n,
  sequence: 0xffffffff,
};
const frame = probeFrame(probe, KEY, 20);

describe("probes", () => {
  test("a probe is read as it was written", () => {
    expect(readProbe(frame, KEY)).toEqual({ type: "probe", probe });
  });

  test("consecutive frames of ProbeFrames are those of probeFrame", () => {
    const frames = new ProbeFrames(KEY, 20);
    for (const sequence of [0, 1, 0xffffffff]) {
      for (const port of [7, 8] as PortNo[]) {
        const each = { ...probe, port, sequence };
        expect(frames.of(each)).toEqual(probeFrame(each, KEY, 20));
      }
    }
  });

  test("trailing padding is ignored", () => {
    const padded = new Uint8Array(frame.length + 20);
    padded.set(frame);
    expect(readProbe(padded, KEY)).toEqual({ type: "probe", probe });
  });

  test("a probe signed with another key is forged", () => {
    expect(readProbe(frame, Buffer.alloc(32, "guess"))).toEqual({ type: "forged" });
  });

  test("a changed frame yields no other probe, and never throws", () => {
    const at = fc.nat(frame.length - 1);
    fc.assert(
      fc.property(
        at,
        fc.integer({ min: 1, max: 255 }),
        fc.nat(frame.length),
        (index, bits, cut) => {
          const changed = Uint8Array.from(frame);
          changed[index] = (changed[index] ?? 0) ^ bits;
          const reading = readProbe(changed, KEY);
          // Unsigned parts (addresses, textual ids) may change; the signed content may not.
          if (reading.type === "probe") expect(reading.probe).toEqual(probe);
          expect(readProbe(frame.subarray(0, cut), KEY).type).toMatch(/probe|malformed/);
        },
      ),
    );
  });

  test("arbitrary bytes are read without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readProbe(bytes, KEY).type).toBe("malformed");
        const payload = Uint8Array.from([...frame.subarray(0, 14), ...bytes]);
        expect(readProbe(payload, KEY).type).not.toBe("probe");
      }),
    );
  });
});
