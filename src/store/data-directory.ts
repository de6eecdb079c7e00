import { accessSync, constants, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { findLogDamage } from "./log-check.ts";
import { StoreError } from "./store-error.ts";

/** The database's own folder inside the data directory, so that other things find room beside it. */
const DATABASE_FOLDER = "db";

/**
 * Makes sure that the data directory can be used, creating it when it is missing.
 *
 * @returns where the database is.
 * @throws StoreError `unwritable`, or `corrupt` when a database is damaged in a way it would not notice.
 */
export function prepareDataDirectory(directory: string): string {
  const database = join(directory, DATABASE_FOLDER);
  try {
    makeDirectory(resolve(database));
    accessSync(database, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
  const files = readdirSync(database);
  // The database would take such a directory for a new one and start empty.
  if (!files.includes("CURRENT") && files.some((file) => /\.(ldb|sst)$/.test(file))) {
    throw corrupt(directory, `${join(database, "CURRENT")} is missing`);
  }
  const damage = findIndexDamage(join(database, "CURRENT")) ?? findLogDamage(database);
  if (damage !== undefined) throw corrupt(directory, damage);
  return database;
}

/**
 * Looks at the file that names the database's index. The database takes whatever is in it for a file
 * name, and what comes of that for a failure of the disk.
 *
 * @returns what is wrong, as a clause; undefined when nothing is, or there is none yet.
 */
function findIndexDamage(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) return `${path} is not a file`;
  const isName = /^MANIFEST-\d+\n$/.test(readFileSync(path, "latin1"));
  return isName ? undefined : `${path} is not what was written`;
}

/**
 * Creates a directory and its missing parents. Not `recursive: true`: Node's never returns where a
 * file system says ENOENT to every mkdir, as /proc does.
 */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path);
}

/** The failure of a directory that cannot be created, read or written. */
export function unwritable(directory: string, cause: unknown): StoreError {
  return new StoreError(
    "unwritable",
    directory,
    `data directory ${directory} cannot be used (${reason(cause)}); give one that this user can create and write (--data)`,
    cause,
  );
}

/** The failure of a database whose files are not what was written. */
export function corrupt(directory: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "corrupt",
    directory,
    `data directory ${directory} is damaged: ${what}; restore it from a backup, or move it away to start empty`,
    cause,
  );
}

/** What an error of the file system or the database says, on one line. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s*\n\s*/g, " ");
}
