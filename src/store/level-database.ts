// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { YieldTimer } from "../runtime/index.ts";
import { checkDatabase, fileName, logNumbers } from "./check/database-check.ts";
import { prepareDataDirectory, probeDisk } from "./data-directory.ts";
import type { DiskDeadline } from "./disk-deadline.ts";
import { type Head, HeadWriter, headFile, newId, readHead } from "./head.ts";
import { lockOwner } from "./lock-owner.ts";
import { META_KEY, type Meta, readMeta } from "./meta.ts";
import { encodeEntry, type StoredEntry } from "./record.ts";
import { StoreError } from "./store-error.ts";
import { damaged, replaced, storeFailure } from "./store-failures.ts";

type Database = Level<string, string>;

/** A log by its number, and how far it is written. */
interface LogEnd {
  readonly log: number;
  readonly bytes: number;
  readonly inode: number;
}

interface DatabaseParts {
  readonly directory: string;
  readonly location: string;
  readonly level: Database;
  readonly meta: Meta & { readonly id: string };
  readonly head: HeadWriter;
  readonly end: LogEnd;
}

/** What the disk must take before an open database is closed to be reopened, in bytes. */
const PROBE_BYTES = 64 * 1024;

/** An open LevelDB whose every write is checked to be where the data directory is. */
export class LevelDatabase {
  /** As of the last commit. */
  meta: Meta;
  readonly id: string;
  readonly #directory: string;
  readonly #location: string;
  readonly #level: Database;
  readonly #head: HeadWriter;
  #end: LogEnd;

  constructor(parts: DatabaseParts) {
    this.meta = parts.meta;
    this.id = parts.meta.id;
    this.#directory = parts.directory;
    this.#location = parts.location;
    this.#level = parts.level;
    this.#head = parts.head;
    this.#end = parts.end;
  }

  /**
   * Checks and opens the database of a data directory.
   *
   * @param before the database as this process had it open; absent: it may be new.
   * @throws StoreError
   */
  static async open(directory: string, before?: LevelDatabase): Promise<LevelDatabase> {
    try {
      if (before) await requireSame(directory, before.id);
      const location = await prepareDataDirectory(directory);
      await requireUnlocked(directory, join(location, "LOCK"));
      const head = await readHead(directory);
      await checkDatabase({ directory, database: location, head });
      const level: Database = new Level(location, { keyEncoding: "utf8", valueEncoding: "utf8" });
      await level.open();
      try {
        const stored = await readMeta(directory, location, level);
        checkHead(directory, location, head, stored);
        if (before && stored.revision < before.meta.revision) {
          throw replaced(directory, location, "the database was replaced by an older one");
        }
        return await opened({ directory, location, level, head, stored });
      } catch (error) {
        await level.close();
        throw error;
      }
    } catch (error) {
      throw storeFailure(directory, error);
    }
  }

  /** The text of a record. */
  get(key: string): Promise<string | undefined> {
    return this.#level.get(key);
  }

  getMany(keys: string[]): Promise<(string | undefined)[]> {
    return this.#level.getMany(keys);
  }

  iterator(range: { gte?: string; gt?: string; lt: string; limit?: number }) {
    return this.#level.iterator(range);
  }

  /** Writes atomically; resolves when the write is on disk, in the directory of this name. */
  async commit(
    writes: ReadonlyMap<string, StoredEntry | string | undefined>,
    meta: Meta,
    disk?: DiskDeadline,
  ): Promise<void> {
    const timer = new YieldTimer();
    const batch = this.#level.batch();
    for (const [key, entry] of writes) {
      if (timer.shouldYield) await timer.yieldNow();
      if (entry === undefined) batch.del(key);
      else batch.put(key, typeof entry === "string" ? entry : encodeEntry(entry));
    }
    batch.put(META_KEY, encodeEntry({ revision: meta.revision, value: { ...meta } }));
    const written = this.#written(batch.write({ sync: true }), meta);
    await (disk ? disk.within(written) : written);
  }

  async #written(write: Promise<void>, meta: Meta): Promise<void> {
    await write;
    await this.#head.check();
    this.#end = await logEnd(this.#directory, this.#location, this.#end);
    const { log, bytes } = this.#end;
    await this.#head.record({ id: this.id, revision: meta.revision, log, bytes });
    this.meta = meta;
  }

  /** Checks that the directory is in its place and the disk takes something. */
  async probe(): Promise<void> {
    await requireSame(this.#directory, this.id);
    await probeDisk(this.#directory, PROBE_BYTES);
  }

  async close(): Promise<void> {
    try {
      await this.#level.close();
    } finally {
      await this.#head.close();
    }
  }
}

/** Completes an open database with its head. */
async function opened(
  parts: Pick<DatabaseParts, "directory" | "location" | "level"> & {
    readonly head: Head | undefined;
    readonly stored: Meta;
  },
): Promise<LevelDatabase> {
  const { directory, location, level, stored } = parts;
  const meta = { ...stored, id: parts.head?.id ?? newId() };
  const end = await logEnd(directory, location);
  const present = { id: meta.id, revision: meta.revision, log: end.log, bytes: end.bytes };
  const head = await HeadWriter.open(directory, present, parts.head === undefined);
  try {
    // After the head is in place: a database whose metadata names a head has one.
    const database = new LevelDatabase({ directory, location, level, meta, head, end });
    if (stored.id === undefined) await database.commit(new Map(), meta);
    return database;
  } catch (error) {
    await head.close();
    throw error;
  }
}

/** @throws StoreError `replaced` unless the directory holds the database that this process had open. */
async function requireSame(directory: string, id: string): Promise<void> {
  const head = await readHead(directory);
  if (!head) throw replaced(directory, directory, "the data directory was removed or renamed");
  if (head.id === id) return;
  throw replaced(directory, directory, "the data directory was replaced by another");
}

async function requireUnlocked(directory: string, file: string): Promise<void> {
  const owner = await lockOwner(file);
  if (owner === undefined) return;
  const what = `data directory ${directory} is in use by another vtap (process ${owner})`;
  const remedy = "stop it, or use another directory (--data)";
  throw new StoreError("inUse", directory, `${file}: ${what}; ${remedy}`);
}

/** Compares the database with its head. @throws StoreError `corrupt`. */
function checkHead(directory: string, location: string, head: Head | undefined, meta: Meta): void {
  const file = headFile(directory);
  if (!head) {
    if (meta.id === undefined) return;
    throw damaged(directory, file, "the file is missing (it says where the latest writes end)");
  }
  if (meta.id !== undefined && meta.id !== head.id) {
    throw damaged(directory, file, "the file belongs to another database");
  }
  if (meta.revision >= head.revision) return;
  const what = `the database ends at revision ${meta.revision}, and ${head.revision} was acknowledged`;
  throw damaged(directory, location, `${what}: files are missing or older than ${file}`);
}

/**
 * The log that now holds the last write.
 *
 * @throws StoreError if there is none: its file was removed or replaced.
 */
async function logEnd(directory: string, location: string, before?: LogEnd): Promise<LogEnd> {
  if (before) {
    const found = await statLog(location, before.log);
    if (found && found.inode === before.inode && found.bytes > before.bytes) return found;
  }
  const names = await readdir(location).catch(() => {
    throw replaced(directory, location, "the folder of the database was removed or renamed");
  });
  const newest = logNumbers(names).at(-1) ?? 0;
  const found = await statLog(location, newest);
  const isNext = found && (!before || found.log > before.log);
  if (isNext) return found;
  const file = join(location, fileName(before?.log ?? newest, "log"));
  const what = found ? "the file was replaced" : "the file was removed";
  throw replaced(directory, file, what);
}

async function statLog(location: string, log: number): Promise<LogEnd | undefined> {
  const found = await stat(join(location, fileName(log, "log"))).catch(() => undefined);
  return found && { log, bytes: found.size, inode: found.ino };
}
