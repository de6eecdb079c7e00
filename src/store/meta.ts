// SPDX-License-Identifier: Apache-2.0
import { corrupt } from "./data-directory.ts";
import { decodeEntry } from "./record.ts";
import { StoreError } from "./store-error.ts";

/** Sorts before every keyspace; holds `Meta`. */
export const META_KEY = "!meta";

/** Version of the database's layout as a whole. */
const FORMAT = 1;

/** Metadata of the store, written with every batch. */
export interface Meta {
  readonly format: number;
  /** Highest revision ever assigned. */
  readonly revision: number;
  /** Number of entries: detects that LevelDB has silently dropped damaged parts of its log. */
  readonly entries: number;
}

/** The part of a database that `readMeta` uses. */
interface Readable {
  get(key: string): Promise<string | undefined>;
  keys(): AsyncIterable<string>;
}

/**
 * Reads the store's metadata and checks it against the records.
 *
 * @throws StoreError `corrupt` or `tooNew`.
 */
export async function readMeta(directory: string, database: Readable): Promise<Meta> {
  const text = await database.get(META_KEY);
  let entries = text === undefined ? 0 : -1;
  for await (const _ of database.keys()) entries++;
  if (text === undefined) {
    if (entries > 0) throw corrupt(directory, "its first record is missing");
    return { format: FORMAT, revision: 0, entries: 0 };
  }
  const meta = parseMeta(directory, text);
  if (meta.entries !== entries) {
    throw corrupt(directory, `it has ${entries} records and should have ${meta.entries}`);
  }
  return meta;
}

function parseMeta(directory: string, text: string): Meta {
  const decoded = decodeEntry(text);
  if ("damage" in decoded) throw corrupt(directory, `record ${META_KEY}: ${decoded.damage}`);
  const meta = decoded.value as unknown as Meta;
  if (meta.format > FORMAT) {
    throw new StoreError(
      "tooNew",
      directory,
      `data directory ${directory} was written by a newer vtap (format ${meta.format}, this one reads ${FORMAT}); run that version, or use another directory (--data)`,
    );
  }
  return meta;
}
