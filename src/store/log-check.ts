import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Blocks of the database's log; no record crosses the end of one. */
const BLOCK_BYTES = 32_768;
/** Checksum (4), length (2), type (1). */
const HEADER_BYTES = 7;
/** Full, first, middle, last. */
const MAX_TYPE = 4;

/**
 * Looks for damage in the logs of a LevelDB, in which the last writes are until they move to tables.
 *
 * The database drops a damaged record and the ones behind it in silence, and then throws the log away:
 * acknowledged writes would be gone without a word. So this is looked at before it is opened. A record
 * that ends with the file is no damage: the process was killed while it wrote, and acknowledged nothing.
 *
 * @returns what is wrong, as a clause; undefined when nothing is.
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export function findLogDamage(database: string): string | undefined {
  for (const file of readdirSync(database).filter((name) => name.endsWith(".log"))) {
    const path = join(database, file);
    const offset = damagedAt(readFileSync(path));
    if (offset !== undefined) return `${path} is not what was written, from byte ${offset} on`;
  }
  return undefined;
}

/** Where a log is damaged, in bytes. */
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
    // File systems may leave zeros behind the last write when the power fails.
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

/** The checksum as it is stored: a sum over bytes that hold sums would be weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli); zlib has only the other one. */
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
