// SPDX-License-Identifier: Apache-2.0
import { ByteCursor } from "./byte-cursor.ts";

/** No block of a table is larger by far; a damaged length must not reserve gigabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Decompresses a Snappy block: LevelDB compresses the index of a table with it.
 *
 * @throws RangeError if it is malformed.
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function decompressSnappy(bytes: Buffer): Buffer {
  const cursor = new ByteCursor(bytes);
  const length = cursor.varint();
  if (length > MAX_BYTES) throw new RangeError("the block is too large");
  const output = Buffer.alloc(length);
  let at = 0;
  while (!cursor.isAtEnd) {
    const tag = cursor.take(1).readUInt8();
    const kind = tag & 3;
    if (kind === 0) {
      const literal = cursor.take(literalLength(tag >>> 2, cursor));
      if (at + literal.length > length) throw new RangeError("the block is longer than it says");
      literal.copy(output, at);
      at += literal.length;
      continue;
    }
    const count = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = copyOffset(kind, tag, cursor);
    if (offset === 0 || offset > at || at + count > length) throw new RangeError("a bad copy");
    // Byte by byte: a copy may overlap what it produces.
    for (let end = at + count; at < end; at++) output.writeUInt8(output.readUInt8(at - offset), at);
  }
  if (at !== length) throw new RangeError("the block is shorter than it says");
  return output;
}

function literalLength(code: number, cursor: ByteCursor): number {
  if (code < 60) return code + 1;
  const size = code - 59;
  return cursor.take(size).readUIntLE(0, size) + 1;
}

function copyOffset(kind: number, tag: number, cursor: ByteCursor): number {
  if (kind === 1) return ((tag >>> 5) << 8) | cursor.take(1).readUInt8();
  return kind === 2 ? cursor.take(2).readUInt16LE() : cursor.take(4).readUInt32LE();
}
