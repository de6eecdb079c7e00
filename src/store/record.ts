// SPDX-License-Identifier: Apache-2.0
import { crc32 } from "node:zlib";
import type { JsonValue } from "./store.ts";

/** Content of an entry: the value and the revision that wrote it. */
export interface StoredEntry {
  readonly revision: number;
  readonly value: JsonValue;
}

/**
 * The text of an entry on disk: `<crc32, 8 hex digits> {"revision":…,"value":…}`.
 *
 * LevelDB checks its log, but reads tables without verifying their checksums, and the binding has no
 * option for that. A flipped bit inside a string is still valid JSON; the store's own checksum detects it.
 */
export function encodeEntry(entry: StoredEntry): string {
  const json = JSON.stringify({ revision: entry.revision, value: entry.value });
  return `${checksum(json)} ${json}`;
}

/** The entry of a text, or its damage as a clause. */
export function decodeEntry(text: string): StoredEntry | { readonly damage: string } {
  const json = text.slice(9);
  if (text[8] !== " " || text.slice(0, 8) !== checksum(json)) {
    return { damage: "its checksum does not match its content" };
  }
  try {
    const parsed: unknown = JSON.parse(json);
    if (isStoredEntry(parsed)) return parsed;
  } catch {
    // Falls through: the checksum matches, so these bytes were written, but not by this store.
  }
  return { damage: "it is not a record of this store" };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

function isStoredEntry(value: unknown): value is StoredEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "revision" in value &&
    typeof value.revision === "number" &&
    "value" in value
  );
}
