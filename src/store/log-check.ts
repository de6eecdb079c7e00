// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Size of a log block; no record crosses a block boundary. */
const BLOCK_BYTES = 32_768;
/** Checksum (4), length (2), type (1). */
const HEADER_BYTES = 7;
/** Full, first, middle, last. */
const MAX_TYPE = 4;

/**
 * Checks the logs of a LevelDB, which hold the latest writes until they move to tables.
 *
 * LevelDB silently drops a damaged record and all that follow it, and then deletes the log: acknowledged
 * writes would be lost unnoticed. So this check runs before the database is opened. A record cut off by
 * the end of the file is no damage: the process was killed while writing, and acknowledged nothing.
 *
 * @returns the damage, as a clause; undefined if there is none.
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export function findLogDamage(database: string): string | undefined {
  for (const file of readdirSync(database).filter((name) => name.endsWith(".log"))) {
    const path = join(database, file);
    const offset = damagedAt(readFileSync(path));
    if (offset !== undefined)
      return `${path} does not contain what was written, from byte ${offset} on`;
  }
  return undefined;
}

/** Offset of the first damaged record, in bytes. */
function damagedAt(log: Buffer): number | undefined {
  let offset = 0;
  while (offset + HEADER_BYTES <= log.length) {
    const blockLeft = BLOCK_BYTES - (offset % BLOCK_BYTES);
    if (blockLeft < HEADER_BYTES) {
      offset += blockLeft;
      continue;
    }
    const length = log.readUInt16LE(offset + 4);
    const type = log.readUInt8(offset + 6);
    // After a power failure, file systems may leave zeros behind the last write.
    if (length === 0 && type === 0 && isZero(log.subarray(offset))) return undefined;
    if (type === 0 || type > MAX_TYPE || HEADER_BYTES + length > blockLeft) return offset;
    const end = offset + HEADER_BYTES + length;
    if (end > log.length) return undefined;
    if (log.readUInt32LE(offset) !== masked(crc32c(log.subarray(offset + 6, end)))) return offset;
    offset = end;
  }
  return undefined;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The checksum as stored: masked, because a CRC over data that contains CRCs is weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli); zlib has only CRC-32. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc >>> 0;
});
