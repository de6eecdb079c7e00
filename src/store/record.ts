import { crc32 } from "node:zlib";
import type { JsonValue } from "./store.ts";

/** What an entry's bytes hold: the value and the revision that wrote it. */
export interface StoredEntry {
  readonly revision: number;
  readonly value: JsonValue;
}

/**
 * The text of an entry on disk: `<crc32, 8 hex digits> {"revision":…,"value":…}`.
 *
 * The database checks its log but reads its tables without looking at their checksums, and the binding
 * has no switch for that. A flipped bit inside a string would still be JSON; the sum of our own sees it.
 */
export function encodeEntry(entry: StoredEntry): string {
  const json = JSON.stringify({ revision: entry.revision, value: entry.value });
  return `${checksum(json)} ${json}`;
}

/** The entry of a text, or what is wrong with it as a clause. */
export function decodeEntry(text: string): StoredEntry | { readonly damage: string } {
  const json = text.slice(9);
  if (text[8] !== " " || text.slice(0, 8) !== checksum(json)) {
    return { damage: "its checksum is not that of its bytes" };
  }
  try {
    const parsed: unknown = JSON.parse(json);
    if (isStoredEntry(parsed)) return parsed;
  } catch {
    // Falls through: the sum is right, so these bytes were written, but not by us.
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
