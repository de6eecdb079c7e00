// SPDX-License-Identifier: Apache-2.0
import type { Stats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Head } from "../head.ts";
import { damaged } from "../store-failures.ts";
import { readLog } from "./log-check.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { findTableDamage } from "./table-check.ts";

/** Files of a database without which it cannot be opened. */
const NEEDED_FILE = /^(\d+\.(ldb|sst|log)|CURRENT|MANIFEST-\d+|LOCK)$/;
const CHANGED = "the file does not contain what was written";

/** Where a database is, and what is known of it. */
interface DatabaseFiles {
  readonly directory: string;
  /** Folder of the database. */
  readonly database: string;
  readonly head: Head | undefined;
}

/**
 * Checks every file of a LevelDB against its checksums, its manifest and the head, before LevelDB opens
 * it: LevelDB silently leaves out what is missing at the end of a log, deletes what it does not expect,
 * and can abort the process when it reads a damaged table.
 *
 * @throws StoreError `corrupt`, naming the file.
 */
export async function checkDatabase(files: DatabaseFiles): Promise<void> {
  const { directory, database, head } = files;
  const names = await readdir(database);
  if (!names.includes("CURRENT")) {
    const isNew = !head && !names.some((name) => /^\d+\.(ldb|sst|log)$/.test(name));
    if (isNew) return;
    const why = "the directory holds a database";
    throw damaged(directory, join(database, "CURRENT"), missing(why));
  }
  for (const name of names) {
    if (NEEDED_FILE.test(name)) await fileOf(files, name);
  }
  const manifest = await checkManifest(files);
  for (const [number, bytes] of manifest.tables) await checkTable(files, names, number, bytes);
  await checkLogs(files, names, manifest.log);
}

async function checkManifest(files: DatabaseFiles): Promise<Manifest> {
  const { directory, database } = files;
  const current = join(database, "CURRENT");
  const text = await readFile(current, "latin1");
  // LevelDB uses any content as a file name, and reports the result as an I/O error.
  if (!/^MANIFEST-\d+\n$/.test(text)) throw damaged(directory, current, CHANGED);
  const name = text.trimEnd();
  const file = join(database, name);
  if (!(await fileOf(files, name))) throw damaged(directory, file, missing("CURRENT names it"));
  const { records, damagedAt } = await readLog(await readFile(file), true);
  if (damagedAt !== undefined) throw damaged(directory, file, changedAt(damagedAt));
  try {
    return parseManifest(records);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(directory, file, `${CHANGED} (${error.message})`, error);
  }
}

async function checkTable(
  files: DatabaseFiles,
  names: readonly string[],
  number: number,
  bytes: number,
): Promise<void> {
  const { directory, database } = files;
  const name = [fileName(number, "ldb"), fileName(number, "sst")].find((each) =>
    names.includes(each),
  );
  const file = join(database, name ?? fileName(number, "ldb"));
  if (name === undefined) throw damaged(directory, file, missing("the manifest names it"));
  const table = await readFile(file);
  if (table.length !== bytes) {
    throw damaged(directory, file, `the file has ${table.length} bytes and should have ${bytes}`);
  }
  const damage = await findTableDamage(table);
  if (damage !== undefined) throw damaged(directory, file, `the file is damaged: ${damage}`);
}

/**
 * Checks the logs that are still needed. The first of them always exists: LevelDB deletes it only after
 * the manifest names a later one. The head names the log of the last acknowledged write; a later log
 * may have taken its place since.
 */
async function checkLogs(
  { directory, database, head }: DatabaseFiles,
  names: readonly string[],
  first: number,
): Promise<void> {
  const logs = logNumbers(names).filter((number) => number >= first);
  const last = logs.at(-1) ?? 0;
  const absent = logs[0] !== first ? first : head && head.log > last ? head.log : undefined;
  if (absent !== undefined) {
    const file = join(database, fileName(absent, "log"));
    throw damaged(directory, file, missing("it holds the latest writes"));
  }
  for (const number of logs) {
    const file = join(database, fileName(number, "log"));
    const { end, damagedAt } = await readLog(await readFile(file), false);
    if (damagedAt !== undefined) throw damaged(directory, file, changedAt(damagedAt));
    if (head?.log === number && end < head.bytes) {
      const what = `the file ends after ${end} bytes, and ${head.bytes} were written`;
      throw damaged(directory, file, `${what}: the latest writes are missing`);
    }
  }
}

/** The numbers of the logs among the files of a database, in ascending order. */
export function logNumbers(names: readonly string[]): number[] {
  return names
    .filter((name) => /^\d+\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((x, y) => x - y);
}

export function fileName(number: number, type: "log" | "ldb" | "sst"): string {
  return `${String(number).padStart(6, "0")}.${type}`;
}

/** A file of the database; undefined if it is missing. */
async function fileOf(
  { directory, database }: DatabaseFiles,
  name: string,
): Promise<Stats | undefined> {
  const file = join(database, name);
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found && !found.isFile()) throw damaged(directory, file, "it is not a file");
  return found;
}

function missing(why: string): string {
  return `the file is missing (${why})`;
}

function changedAt(offset: number): string {
  return `${CHANGED}, from byte ${offset} on`;
}
