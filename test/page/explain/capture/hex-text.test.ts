// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOfHex,
  framesOfText,
  hexOfBytes,
} from "../../../../src/page/explain/capture/hex-text.ts";

const frame = fc.uint8Array({ minLength: 14, maxLength: 300 });
const frames = fc.array(frame, { minLength: 1, maxLength: 4 });

const digits = (bytes: Uint8Array, size: number): string =>
  hexOfBytes(bytes)
    .match(new RegExp(`.{1,${2 * size}}`, "g"))
    ?.join(" ") ?? "";
const text = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
const lines = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) =>
    bytes.subarray(16 * line, 16 * line + 16),
  );

/** As tcpdump prints with -xx, and with -XX. */
function tcpdump(list: readonly Uint8Array[], withText: boolean): string {
  return list
    .map((bytes) => {
      const body = lines(bytes).map((line, index) => {
        const offset = (16 * index).toString(16).padStart(4, "0");
        const column = withText ? `  ${text(line)}` : "";
        return `\t0x${offset}:  ${digits(line, 2).padEnd(withText ? 39 : 0)}${column}`;
      });
      return ["12:00:01.000001 IP 10.0.0.1.5000 > 10.0.0.2.80: tcp 12", ...body].join("\n");
    })
    .join("\n");
}

/** As Wireshark copies a hex dump, with or without its middle gap. */
function wireshark(list: readonly Uint8Array[], withGap: boolean): string {
  return list
    .map((bytes) =>
      lines(bytes)
        .map((line, index) => {
          const offset = (16 * index).toString(16).padStart(4, "0");
          const halves = [digits(line.subarray(0, 8), 1), digits(line.subarray(8), 1)];
          const column = halves
            .join(withGap ? "  " : " ")
            .trimEnd()
            .padEnd(withGap ? 48 : 47);
          return `${offset}  ${column}   ${text(line)}`;
        })
        .join("\n"),
    )
    .join("\n\n");
}

describe("frames are read as they were written", () => {
  test.each([
    ["hex", (list: readonly Uint8Array[]) => list.slice(0, 1).map(hexOfBytes).join("")],
    [
      "hex with colons",
      (list: readonly Uint8Array[]) =>
        list
          .slice(0, 1)
          .map((bytes) => digits(bytes, 1).replaceAll(" ", ":"))
          .join(""),
    ],
    [
      "hex with 0x",
      (list: readonly Uint8Array[]) =>
        list
          .slice(0, 1)
          .map((bytes) => `0x${hexOfBytes(bytes).toUpperCase()}`)
          .join(""),
    ],
    ["tcpdump -xx", (list: readonly Uint8Array[]) => tcpdump(list, false)],
    ["tcpdump -XX", (list: readonly Uint8Array[]) => tcpdump(list, true)],
    ["Wireshark", (list: readonly Uint8Array[]) => wireshark(list, false)],
    ["Wireshark with a gap", (list: readonly Uint8Array[]) => wireshark(list, true)],
  ])("%s", (form, written) => {
    fc.assert(
      fc.property(frames, (list) => {
        // A dump's last line may look as if its text went on with hex.
        const read = framesOfText(written(list));
        expect(read.type).toBe("frames");
        if (read.type !== "frames") return;
        const expected = form.startsWith("hex") ? list.slice(0, 1) : list;
        expect(read.frames.map(hexOfBytes)).toEqual(expected.map(hexOfBytes));
      }),
    );
  });
});

test("no text makes the reader fail", () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom("0x0010:  ", "0000  ", "fa00 ", "00 ", "\n", "  ", ":", "0x"),
  );
  fc.assert(
    fc.property(
      fc.array(part).map((parts) => parts.join("")),
      (any) => {
        const read = framesOfText(any);
        if (read.type === "frames") expect(read.frames.length).toBeGreaterThan(0);
        else expect(read.why).not.toBe("");
      },
    ),
  );
});

describe("what is no frame says why", () => {
  test.each([
    ["hello", "neither hex nor a hex dump"],
    ["abc", "half byte"],
    ["ffff", "2 bytes are no Ethernet frame"],
  ])("%s", (written, why) => {
    expect(framesOfText(written)).toMatchObject({
      type: "unreadable",
      why: expect.stringContaining(why),
    });
  });
});

test("an IP packet without its Ethernet header is noted", () => {
  const packet = bytesOfHex("45000014000040004006b1e60a0000010a000002");
  const read = framesOfText(tcpdump([packet], false));
  expect(read).toMatchObject({ notes: [expect.stringContaining("-xx")] });
});

test("a dump with a missing line ends there", () => {
  const bytes = Uint8Array.from({ length: 48 }, (_, index) => index);
  const [first, , third] = wireshark([bytes], true).split("\n");
  const read = framesOfText([first, third].join("\n"));
  expect(read.type === "frames" && read.frames.map(({ length }) => length)).toEqual([16]);
});
