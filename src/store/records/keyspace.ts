// SPDX-License-Identifier: Apache-2.0
import type { Change, Entry, JsonValue, KeyRange, Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { damagedRecord } from "../store-failures.ts";

/** A record as stored: its format version beside its members. */
export type VersionedRecord = { readonly version: number } & { readonly [key: string]: JsonValue };

/**
 * A part of the store that holds records of one kind under one prefix.
 *
 * `migrations[n]` turns a record of version n + 1 into one of version n + 2; the number of migrations
 * gives the current version. Records are migrated when read, and written back only when they change, so
 * that an older vtap can still read unchanged records.
 */
export interface Keyspace<T> {
  /** Prefix of the keys; letters and hyphens only. */
  readonly name: string;
  readonly migrations: readonly ((record: VersionedRecord) => VersionedRecord)[];
  /** The record, or its damage as a clause. Called with records of the current version. */
  readonly parse: (record: VersionedRecord) => T | { readonly damage: string };
}

/** The key of a record. */
export function keyOf(space: Keyspace<unknown>, id: string): string {
  return `${space.name}/${id}`;
}

/** All keys of a keyspace: "0" follows "/". */
function rangeOf(space: Keyspace<unknown>): KeyRange {
  return { from: `${space.name}/`, until: `${space.name}0` };
}

/**
 * Reads all records of a keyspace, of any version, in the order of their ids.
 *
 * @throws StoreError as the store does; `corrupt` or `tooNew`, naming the record.
 */
export async function* recordsIn<T extends object>(
  space: Keyspace<T>,
  store: Store,
): AsyncGenerator<{ readonly id: string; readonly entry: Entry; readonly record: T }> {
  const before = keyOf(space, "").length;
  for await (const entry of store.range(rangeOf(space))) {
    const record = readRecord(space, entry, store.directory);
    yield { id: entry.key.slice(before), entry, record };
  }
}

/** The change that creates or replaces a record. */
export function putting(
  space: Keyspace<unknown>,
  id: string,
  members: { readonly [key: string]: JsonValue },
): Change {
  const value = { version: currentVersion(space), ...members };
  return { type: "put", key: keyOf(space, id), value };
}

/** The change that deletes a record. */
export function deleting(space: Keyspace<unknown>, id: string): Change {
  return { type: "delete", key: keyOf(space, id) };
}

/** The version of newly written records. */
export function currentVersion(space: Keyspace<unknown>): number {
  return space.migrations.length + 1;
}

/**
 * Reads a record of any version.
 *
 * @throws StoreError `corrupt` or `tooNew`, naming the record.
 */
export function readRecord<T extends object>(
  space: Keyspace<T>,
  entry: Entry,
  directory: string,
): T {
  const stored = entry.value;
  if (!isVersioned(stored)) throw damagedRecord(directory, entry.key, "it has no version");
  let record: VersionedRecord = stored;
  if (record.version > currentVersion(space)) {
    throw new StoreError(
      "tooNew",
      directory,
      `${directory}: record ${entry.key} was written by a newer vtap (version ${record.version}, this one reads ${currentVersion(space)}); run that version, or use another directory (--data)`,
    );
  }
  for (const migrate of space.migrations.slice(record.version - 1)) record = migrate(record);
  const parsed = space.parse(record);
  if ("damage" in parsed) {
    throw damagedRecord(directory, entry.key, String(parsed.damage));
  }
  return parsed;
}

function isVersioned(value: JsonValue): value is VersionedRecord {
  if (typeof value !== "object" || value === null || !("version" in value)) return false;
  const { version } = value;
  return typeof version === "number" && Number.isInteger(version) && version >= 1;
}
