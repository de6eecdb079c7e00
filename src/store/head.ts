// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeEntry, encodeEntry } from "./record.ts";
import type { JsonValue } from "./store.ts";
import { damaged, replaced } from "./store-failures.ts";

/** Its file, beside the database's folder. */
const FILE = "store.head";
/** One sector: written as a whole or not at all, and overwritten in place, so that it needs no space. */
const HEAD_BYTES = 512;
/** How long a written head may wait for the disk, in milliseconds. */
const SYNC_AFTER_MS = 1000;

/** What the store has acknowledged, recorded outside the database. */
export interface Head {
  /** Identifies the database; also in its metadata. */
  readonly id: string;
  /** The last revision that was acknowledged. */
  readonly revision: number;
  /** Number of the log that it is in; 0: it is in tables. */
  readonly log: number;
  /** Size of that log, in bytes. */
  readonly bytes: number;
}

export function headFile(directory: string): string {
  return join(directory, FILE);
}

/**
 * Reads the head of a data directory; undefined if there is none.
 *
 * @throws StoreError `corrupt`.
 */
export async function readHead(directory: string): Promise<Head | undefined> {
  const file = headFile(directory);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    if (error.code === "EISDIR") throw damaged(directory, file, "it is not a file", error);
    throw error;
  });
  if (text === undefined) return undefined;
  const decoded = decodeEntry(text.trimEnd());
  const value = "damage" in decoded ? undefined : (decoded.value as Partial<Head>);
  const numbers = [value?.log, value?.bytes];
  if ("damage" in decoded || typeof value?.id !== "string" || !numbers.every(isCount)) {
    throw damaged(directory, file, "the file does not contain what was written");
  }
  return { ...(value as Head), revision: decoded.revision };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * Writes the head of an open database.
 *
 * LevelDB has no memory of its own end: a log that is missing or cut off at its end looks like one that
 * was never longer. The head is that memory. It is written after a write is on disk and before it is
 * acknowledged, so it is never ahead of the database, whatever happens in between. It is not synced with
 * every write, which would double their cost: a killed process loses nothing that it has handed to the
 * kernel, and after a power failure the head is at most a second old, which weakens the check and nothing
 * else.
 */
export class HeadWriter {
  readonly #directory: string;
  readonly #handle: FileHandle;
  readonly #identity: string;
  #sync: NodeJS.Timeout | undefined;

  private constructor(directory: string, handle: FileHandle, identity: string) {
    this.#directory = directory;
    this.#handle = handle;
    this.#identity = identity;
  }

  /** Opens the file, and creates it for a database without one. */
  static async open(directory: string, head: Head, isNew: boolean): Promise<HeadWriter> {
    const file = headFile(directory);
    if (isNew) await create(directory, file, head);
    const handle = await open(file, "r+");
    try {
      const writer = new HeadWriter(directory, handle, identityOf(await handle.stat()));
      await writer.#write(head);
      await handle.datasync();
      return writer;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Records a write.
   *
   * @throws StoreError `replaced` if the data directory is not the one that was opened.
   */
  async record(head: Head): Promise<void> {
    await this.check();
    await this.#write(head);
    this.#sync ??= setTimeout(() => {
      this.#sync = undefined;
      // A failing disk shows at the next write; an unsynced head weakens a check and loses nothing.
      void this.#handle.datasync().catch(() => undefined);
    }, SYNC_AFTER_MS).unref();
  }

  /** Checks that the directory by its name is still the one that was opened. */
  async check(): Promise<void> {
    const file = headFile(this.#directory);
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    if (!found) {
      throw replaced(this.#directory, this.#directory, "the data directory was removed or renamed");
    }
    if (identityOf(found) === this.#identity) return;
    throw replaced(this.#directory, this.#directory, "the data directory was replaced by another");
  }

  async close(): Promise<void> {
    clearTimeout(this.#sync);
    await this.#handle.datasync().catch(() => undefined);
    await this.#handle.close();
  }

  async #write(head: Head): Promise<void> {
    await this.#handle.write(textOf(head), 0);
  }
}

/** An id for a new database. */
export function newId(): string {
  return randomUUID();
}

/** Never half there: written beside it, synced, and renamed. */
async function create(directory: string, file: string, head: Head): Promise<void> {
  const beside = `${file}.new`;
  const handle = await open(beside, "w", 0o644);
  try {
    await handle.write(textOf(head), 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const folder = await open(directory);
  await folder.sync().finally(() => folder.close());
}

function textOf({ id, revision, log, bytes }: Head): string {
  const value: JsonValue = { id, log, bytes };
  return `${encodeEntry({ revision, value }).padEnd(HEAD_BYTES - 1)}\n`;
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}
