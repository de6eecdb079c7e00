// SPDX-License-Identifier: Apache-2.0
/** Frames written as text: plain hex, `tcpdump -xx`, Wireshark's hex dump. */

/** The frames of a text, or why there are none; `notes` are warnings in words. */
export type TextFrames =
  | { readonly type: "frames"; readonly frames: readonly Uint8Array[]; readonly notes: string[] }
  | { readonly type: "unreadable"; readonly why: string };

/** Frames beyond this number are left out. */
export const MOST_FRAMES = 100;

/** Longest frame that is taken: OpenFlow sends no longer ones. */
const LONGEST_FRAME = 65_535;

const SHORTEST_FRAME = 14;

/** `0x0010:  4500 0028`, `0010  45 00 00 28   E..(`, `00000010: 4500`: an offset, then bytes. */
const DUMP_LINE = /^\s*(?:0x)?([0-9a-f]{4,8})(:?)(?:[ \t]+|$)(.*)$/i;

interface DumpLine {
  readonly offset: number;
  readonly bytes: readonly number[];
}

/** The frames in a text that a person pastes; never throws. */
export function framesOfText(text: string): TextFrames {
  const lines = text.split(/\r?\n/);
  const dump = framesOfDump(lines);
  if (dump.length > 0) return checked(dump);
  const digits = plainDigits(text);
  if (digits === undefined) {
    return {
      type: "unreadable",
      why: "This is neither hex nor a hex dump. Paste the bytes of a frame, tcpdump -xx, or Wireshark's “Copy as hex dump”.",
    };
  }
  if (digits.length % 2 === 1) {
    return { type: "unreadable", why: `${digits.length} hex digits: a half byte is missing.` };
  }
  return checked([bytesOfHex(digits)]);
}

function checked(frames: readonly Uint8Array[]): TextFrames {
  const whole = frames.filter(({ length }) => length >= SHORTEST_FRAME && length <= LONGEST_FRAME);
  if (whole.length === 0) {
    const length = frames[0]?.length ?? 0;
    const limit =
      length < SHORTEST_FRAME
        ? `an Ethernet header alone has ${SHORTEST_FRAME}`
        : `at most ${LONGEST_FRAME} fit`;
    return { type: "unreadable", why: `${length} bytes are no Ethernet frame: ${limit}.` };
  }
  const notes: string[] = [];
  if (whole.every(looksLikeBareIp)) {
    notes.push(
      "This looks like an IP packet without its Ethernet header. tcpdump -xx prints the header, -x does not.",
    );
  }
  if (whole.length < frames.length) {
    notes.push(`${frames.length - whole.length} frames are too short or too long and left out.`);
  }
  if (whole.length > MOST_FRAMES) notes.push(`Only the first ${MOST_FRAMES} frames are listed.`);
  return { type: "frames", frames: whole.slice(0, MOST_FRAMES), notes };
}

/** An IPv4 header with a length that fits, at the very start. */
function looksLikeBareIp(frame: Uint8Array): boolean {
  const total = ((frame[2] ?? 0) << 8) | (frame[3] ?? 0);
  return frame[0] === 0x45 && frame.length >= 20 && total === frame.length;
}

/** All hex digits of a text of hex only, with the separators that people use; undefined: other text. */
function plainDigits(text: string): string | undefined {
  const bare = text.replace(/0x/gi, "").replace(/[\s:.,;\-|]/g, "");
  return bare.length > 0 && /^[0-9a-f]+$/i.test(bare) ? bare : undefined;
}

function framesOfDump(lines: readonly string[]): Uint8Array[] {
  const frames: number[][] = [];
  let frame: number[] | undefined;
  for (const line of lines) {
    const read = dumpLine(line, frame?.length ?? 0);
    if (!read) {
      frame = undefined;
      continue;
    }
    if (read.offset === 0) {
      frame = [];
      frames.push(frame);
    }
    // An offset that does not continue the frame: lines are missing, and so is the rest of the frame.
    if (!frame || read.offset !== frame.length) {
      frame = undefined;
      continue;
    }
    frame.push(...read.bytes);
  }
  return frames.filter(({ length }) => length > 0).map((bytes) => Uint8Array.from(bytes));
}

function dumpLine(line: string, expected: number): DumpLine | undefined {
  const found = DUMP_LINE.exec(line);
  if (!found?.[1] || found[3] === undefined) return undefined;
  const offset = Number.parseInt(found[1], 16);
  // Plain hex in groups of four looks like an offset, too; its first group is no multiple of the width.
  if (offset !== 0 && offset !== expected) return undefined;
  const bytes = leadingBytes(found[3]);
  return bytes.length > 0 ? { offset, bytes } : undefined;
}

/**
 * The bytes at the start of a line: groups of two or four digits, at most 16 bytes. Two spaces end them
 * where a column of characters follows, which may look like hex.
 */
function leadingBytes(text: string): number[] {
  const bytes: number[] = [];
  let rest = text;
  while (bytes.length < 16) {
    const group = /^((?:[0-9a-f]{2}){1,16})(?=\s|$)( ?)/i.exec(rest);
    if (!group?.[1]) break;
    bytes.push(...bytesOfHex(group[1]));
    rest = rest.slice(group[0].length);
    // Wireshark has a second space in the middle, after 8 bytes.
    if (/^\s/.test(rest)) {
      if (bytes.length !== 8) break;
      rest = rest.replace(/^ /, "");
      if (/^\s/.test(rest)) break;
    }
  }
  return bytes.slice(0, 16);
}

/** Bytes of an even number of hex digits. */
export function bytesOfHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}

/** Hex digits of bytes, without separators. */
export function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
