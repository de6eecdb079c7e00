// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../../runtime/index.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { decompressSnappy } from "./snappy.ts";

/** Two handles, padded, and the magic number. */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Compression (1) and checksum (4) behind each block. */
const TRAILER_BYTES = 5;
const SNAPPY = 1;

/** Offset and length of a block without its trailer, in bytes. */
type BlockHandle = readonly [offset: number, length: number];

/**
 * Checks every block of a table. LevelDB reads tables without verifying checksums, the binding has no
 * option for that, and damaged blocks (zeros, say) can make it read outside its memory and abort the process, or silently find no records.
 *
 * @returns the damage, as a clause; undefined if there is none.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export async function findTableDamage(table: Buffer): Promise<string | undefined> {
  try {
    const turns = new YieldTimer();
    for (const handle of blocksOf(table)) {
      if (turns.shouldYield) await turns.yieldNow();
      checkedBlock(table, handle);
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function* blocksOf(table: Buffer): Generator<BlockHandle> {
  if (table.length < FOOTER_BYTES) throw new RangeError("it is too short for a table");
  const footer = table.subarray(table.length - FOOTER_BYTES);
  if (footer.readBigUInt64LE(FOOTER_BYTES - 8) !== MAGIC) {
    throw new RangeError("it does not end as a table does");
  }
  const handles = new ByteCursor(footer);
  const metaIndex = handleAt(handles);
  const index = handleAt(handles);
  yield metaIndex;
  yield* entriesOf(checkedBlock(table, index));
}

/** The blocks that an index block points to: values of its entries. */
function* entriesOf(block: Buffer): Generator<BlockHandle> {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new RangeError("its index is malformed");
  const cursor = new ByteCursor(block.subarray(0, end));
  while (!cursor.isAtEnd) {
    cursor.varint(); // Bytes shared with the key before.
    const keyBytes = cursor.varint();
    const valueBytes = cursor.varint();
    cursor.take(keyBytes);
    yield handleAt(new ByteCursor(cursor.take(valueBytes)));
  }
}

/** The content of a block. */
function checkedBlock(table: Buffer, [offset, length]: BlockHandle): Buffer {
  const end = offset + length;
  const where = `does not contain what was written, from byte ${offset} on`;
  if (end + TRAILER_BYTES > table.length) throw new RangeError(where);
  const stored = table.readUInt32LE(end + 1);
  if (stored !== maskedCrc32c(table.subarray(offset, end + 1))) throw new RangeError(where);
  const content = table.subarray(offset, end);
  return table.readUInt8(end) === SNAPPY ? decompressSnappy(content) : content;
}

function handleAt(cursor: ByteCursor): BlockHandle {
  return [cursor.varint(), cursor.varint()];
}
