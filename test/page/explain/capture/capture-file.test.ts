// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  framesOfCapture,
  isCaptureFile,
} from "../../../../src/page/explain/capture/capture-file.ts";
import { hexOfBytes } from "../../../../src/page/explain/capture/hex-text.ts";

interface PcapForm {
  readonly little: boolean;
  readonly magic: number;
}

/** A pcap file as its specification has it. */
function pcapFile(frames: readonly Uint8Array[], form: PcapForm, linkType = 1): Uint8Array {
  const size = frames.reduce((sum, { length }) => sum + 16 + length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, form.magic, form.little);
  view.setUint16(4, 2, form.little);
  view.setUint16(6, 4, form.little);
  view.setUint32(16, 262_144, form.little);
  view.setUint32(20, linkType, form.little);
  let at = 24;
  for (const frame of frames) {
    view.setUint32(at + 8, frame.length, form.little);
    view.setUint32(at + 12, frame.length, form.little);
    file.set(frame, at + 16);
    at += 16 + frame.length;
  }
  return file;
}

const frames = fc.array(fc.uint8Array({ minLength: 14, maxLength: 200 }), {
  minLength: 1,
  maxLength: 5,
});
const form = fc.record({ little: fc.boolean(), magic: fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d) });

test("frames of pcap files are read as they were written, in both byte orders", () => {
  fc.assert(
    fc.property(frames, form, (list, each) => {
      const read = framesOfCapture(pcapFile(list, each));
      expect(read).toMatchObject({ type: "frames", more: false });
      if (read.type !== "frames") return;
      expect(read.frames.map(({ bytes }) => hexOfBytes(bytes))).toEqual(list.map(hexOfBytes));
    }),
  );
});

test("no bytes make the reader fail, nor a file that is cut off anywhere", () => {
  const start = fc.constantFrom(
    [0x0a, 0x0d, 0x0d, 0x0a],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [],
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 400 }), (magic, rest) => {
      framesOfCapture(Uint8Array.from([...magic, ...rest]));
    }),
  );
  fc.assert(
    fc.property(frames, form, fc.nat(), (list, each, cut) => {
      const file = pcapFile(list, each);
      framesOfCapture(file.subarray(0, cut % (file.length + 1)));
    }),
  );
});

test("a capture without Ethernet headers says so", () => {
  const file = pcapFile([new Uint8Array(20)], { little: true, magic: 0xa1b2c3d4 }, 113);
  expect(framesOfCapture(file)).toMatchObject({
    type: "unreadable",
    why: expect.stringContaining("link type 113"),
  });
  expect(isCaptureFile(Uint8Array.from([1, 2, 3, 4, 5]))).toBe(false);
});

test("a long capture gives its first frames", () => {
  const list = Array.from({ length: 130 }, (_, index) => new Uint8Array(14).fill(index));
  const read = framesOfCapture(pcapFile(list, { little: true, magic: 0xa1b2c3d4 }));
  expect(read.type === "frames" && [read.frames.length, read.more]).toEqual([100, true]);
});

describe("files that Wireshark's tools write", () => {
  let directory = "";
  const list = [60, 61, 62, 63, 1500].map((length, index) =>
    new Uint8Array(length).fill(index + 1),
  );

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "vtap-captures-"));
    const file = pcapFile(list, { little: true, magic: 0xa1b2c3d4 });
    writeFileSync(join(directory, "in.pcap"), file);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(["pcapng", "pcap", "nsecpcap"])("%s", (type) => {
    const out = join(directory, `out.${type}`);
    execFileSync("editcap", ["-F", type, join(directory, "in.pcap"), out]);
    const read = framesOfCapture(readFileSync(out));
    expect(read.type === "frames" && read.frames.map(({ bytes }) => hexOfBytes(bytes))).toEqual(
      list.map(hexOfBytes),
    );
  });

  test("frames that the capture cut off keep their length on the wire", () => {
    const out = join(directory, "short.pcapng");
    execFileSync("editcap", ["-F", "pcapng", "-s", "64", join(directory, "in.pcap"), out]);
    const read = framesOfCapture(readFileSync(out));
    expect(read.type === "frames" && read.frames.at(-1)).toMatchObject({
      bytes: { length: 64 },
      length: 1500,
    });
  });
});
