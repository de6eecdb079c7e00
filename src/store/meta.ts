// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../runtime/index.ts";
import { decodeEntry } from "./record.ts";
import type { JsonValue } from "./store.ts";
import { StoreError } from "./store-error.ts";
import { damaged, damagedRecord } from "./store-failures.ts";

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
  /** Identifies the database, as its head does; absent: written before there were heads. */
  readonly id?: string;
}

/** The part of a database that `readMeta` uses. */
interface Readable {
  get(key: string): Promise<string | undefined>;
  keys(): AsyncIterable<string>;
}

/**
 * Reads the store's metadata and checks it against the records.
 *
 * @param location the database's folder, for messages.
 * @throws StoreError `corrupt` or `tooNew`.
 */
export async function readMeta(
  directory: string,
  location: string,
  database: Readable,
): Promise<Meta> {
  const text = await database.get(META_KEY);
  // Before anything else: a newer format may count otherwise.
  const meta = text === undefined ? undefined : parseMeta(directory, text);
  let entries = meta ? -1 : 0;
  const turns = new YieldTimer();
  for await (const _ of database.keys()) {
    entries++;
    if (turns.shouldYield) await turns.yieldNow();
  }
  if (!meta) {
    if (entries > 0) throw damaged(directory, location, "its first record is missing");
    return { format: FORMAT, revision: 0, entries: 0 };
  }
  if (meta.entries !== entries) {
    const what = `it has ${entries} records and should have ${meta.entries}`;
    throw damaged(directory, location, what);
  }
  return meta;
}

function parseMeta(directory: string, text: string): Meta {
  const decoded = decodeEntry(text);
  if ("damage" in decoded) throw damagedRecord(directory, META_KEY, decoded.damage);
  const { format, revision, entries, id } = membersOf(decoded.value);
  if (!isCount(format) || format < 1) {
    const what = `its format ${JSON.stringify(format)} is not the number of a format`;
    throw damagedRecord(directory, META_KEY, what);
  }
  if (format > FORMAT) {
    throw new StoreError(
      "tooNew",
      directory,
      `${directory}: this data directory was written by a newer vtap (format ${format}, this one reads ${FORMAT}); run that version, or use another directory (--data)`,
    );
  }
  if (!isCount(revision) || !isCount(entries) || (id !== undefined && typeof id !== "string")) {
    throw damagedRecord(directory, META_KEY, "it lacks the numbers of revisions and entries");
  }
  return { format, revision, entries, ...(id === undefined ? {} : { id }) };
}

function membersOf(value: JsonValue): Readonly<Record<string, JsonValue | undefined>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)
    : {};
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
