// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../../runtime/index.ts";
import { maskedCrc32c } from "./crc32c.ts";

/** Size of a log block; no record crosses a block boundary. */
const BLOCK_BYTES = 32_768;
/** Checksum (4), length (2), type (1). */
const HEADER_BYTES = 7;
/** Types of fragments. */
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/** What a file in LevelDB's log format holds. */
interface LogContent {
  /** Offset behind the last complete record, in bytes. */
  readonly end: number;
  /** Offset of the first damaged record, in bytes. */
  readonly damagedAt?: number;
  /** The records, if they were asked for. */
  readonly records: readonly Buffer[];
}

/**
 * Reads a log (the latest writes until they move to tables) or the manifest, which has the same format.
 *
 * LevelDB silently drops a damaged record and all that follow it, and then deletes the log: acknowledged
 * writes would be lost unnoticed. So this check runs before the database is opened. A record cut off by
 * the end of the file is no damage by itself: a process that is killed while writing leaves one. Whether
 * anything acknowledged is missing behind `end` is for the caller to decide.
 *
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export async function readLog(log: Buffer, keep: boolean): Promise<LogContent> {
  const turns = new YieldTimer();
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let [offset, end] = [0, 0];
  const damaged = (): LogContent => ({ end, damagedAt: offset, records });
  while (offset + HEADER_BYTES <= log.length) {
    if (turns.shouldYield) await turns.yieldNow();
    const blockLeft = BLOCK_BYTES - (offset % BLOCK_BYTES);
    if (blockLeft < HEADER_BYTES) {
      offset += blockLeft;
      continue;
    }
    const length = log.readUInt16LE(offset + 4);
    const type = log.readUInt8(offset + 6);
    // After a power failure, file systems may leave zeros behind the last write.
    if (length === 0 && type === 0 && isZero(log.subarray(offset))) break;
    const next = offset + HEADER_BYTES + length;
    if (!isExpected(type, parts.length > 0) || HEADER_BYTES + length > blockLeft) return damaged();
    if (next > log.length) break;
    if (log.readUInt32LE(offset) !== maskedCrc32c(log.subarray(offset + 6, next))) return damaged();
    parts.push(log.subarray(offset + HEADER_BYTES, next));
    offset = next;
    if (type === FIRST || type === MIDDLE) continue;
    if (keep) records.push(Buffer.concat(parts));
    parts = [];
    end = offset;
  }
  return { end, records };
}

/** Whether a fragment of this type may come next; `isOpen`: a record has begun and not ended. */
function isExpected(type: number, isOpen: boolean): boolean {
  return isOpen ? type === MIDDLE || type === LAST : type === FULL || type === FIRST;
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}
