// SPDX-License-Identifier: Apache-2.0
import { ByteCursor } from "./byte-cursor.ts";

/** Which files make up a database, as its manifest says. */
export interface Manifest {
  /** Logs with this number and later ones hold writes that are in no table; this one always exists. */
  readonly log: number;
  /** Sizes in bytes of the tables, by number. */
  readonly tables: ReadonlyMap<number, number>;
}

/**
 * Applies the records of a manifest, one version edit each.
 *
 * @throws RangeError if they are malformed.
 * @see https://github.com/google/leveldb/blob/main/db/version_edit.cc
 */
export function parseManifest(records: readonly Buffer[]): Manifest {
  const tables = new Map<number, number>();
  let log: number | undefined;
  for (const record of records) {
    const cursor = new ByteCursor(record);
    while (!cursor.isAtEnd) log = applyField(cursor, tables) ?? log;
  }
  if (log === undefined) throw new RangeError("it names no log");
  return { log, tables };
}

/** Applies one field; returns the number of the log if it is that. */
function applyField(cursor: ByteCursor, tables: Map<number, number>): number | undefined {
  const tag = cursor.varint();
  switch (tag) {
    case 1: // Comparator.
      cursor.prefixed();
      return undefined;
    case 2: // Log number.
      return cursor.varint();
    case 3: // Next file number.
    case 4: // Last sequence number.
    case 9: // Number of a second log, no longer used.
      cursor.varint();
      return undefined;
    case 5: // Level, and key from which it is compacted next.
      cursor.varint();
      cursor.prefixed();
      return undefined;
    case 6: // Level and number of a removed table.
      cursor.varint();
      tables.delete(cursor.varint());
      return undefined;
    case 7: {
      // Level, number, size, first and last key of a new table.
      cursor.varint();
      const number = cursor.varint();
      tables.set(number, cursor.varint());
      cursor.prefixed();
      cursor.prefixed();
      return undefined;
    }
    default:
      throw new RangeError(`it has an unknown field ${tag}`);
  }
}
