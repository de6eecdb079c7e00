// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { findLogDamage } from "./log-check.ts";
import { StoreError } from "./store-error.ts";

/** The database's folder inside the data directory, which may hold other files too. */
const DATABASE_FOLDER = "db";

/**
 * Ensures that the data directory is usable, and creates it if it is missing.
 *
 * @returns where the database is.
 * @throws StoreError `unwritable`, or `corrupt` for damage that LevelDB would not detect.
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
  // LevelDB would treat such a directory as new and start empty.
  if (!files.includes("CURRENT") && files.some((file) => /\.(ldb|sst)$/.test(file))) {
    throw corrupt(directory, `${join(database, "CURRENT")} is missing`);
  }
  const damage = findIndexDamage(join(database, "CURRENT")) ?? findLogDamage(database);
  if (damage !== undefined) throw corrupt(directory, damage);
  return database;
}

/**
 * Checks the file that names the database's index. LevelDB uses any content as a file name, and reports
 * the result as an I/O error.
 *
 * @returns the damage, as a clause; undefined if there is none, or no database yet.
 */
function findIndexDamage(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) return `${path} is not a file`;
  const isName = /^MANIFEST-\d+\n$/.test(readFileSync(path, "latin1"));
  return isName ? undefined : `${path} does not contain what was written`;
}

/**
 * Creates a directory and its missing parents. Not with `recursive: true`: Node never returns where a
 * file system says ENOENT to every mkdir, as /proc does.
 */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path);
}

/** The error for a directory that cannot be created, read or written. */
export function unwritable(directory: string, cause: unknown): StoreError {
  return new StoreError(
    "unwritable",
    directory,
    `data directory ${directory} cannot be used (${reason(cause)}); use one that this user can create and write (--data)`,
    cause,
  );
}

/** The error for a database whose files do not contain what was written. */
export function corrupt(directory: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "corrupt",
    directory,
    `data directory ${directory} is damaged: ${what}; restore it from a backup, or move it away to start empty`,
    cause,
  );
}

/** The message of an error of the file system or the database, on one line. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s*\n\s*/g, " ");
}
