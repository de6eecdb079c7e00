// SPDX-License-Identifier: Apache-2.0
import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readlinkSync,
  type Stats,
  statSync,
} from "node:fs";
import { open, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DATABASE_FOLDER, storeFailure, unwritable } from "./store-failures.ts";

/**
 * Ensures that the data directory is usable, and creates it if it is missing.
 *
 * @returns where the database is.
 * @throws StoreError `unwritable`, or another if the disk fails.
 */
export function prepareDataDirectory(directory: string): string {
  const database = join(directory, DATABASE_FOLDER);
  makeDirectory(directory, resolve(database));
  try {
    for (const path of [directory, database]) {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    throw storeFailure(directory, error, database);
  }
  return database;
}

/**
 * Creates a directory and its missing parents. Not with `recursive: true`: Node never returns where a
 * file system says ENOENT to every mkdir, as /proc does.
 */
function makeDirectory(directory: string, path: string): void {
  const found = statOf(directory, path);
  if (found?.isDirectory()) return;
  if (found) throw unwritable(directory, path, "it is not a directory");
  if (isLink(path)) {
    const target = readlinkSync(path);
    throw unwritable(directory, path, `it is a symbolic link to ${target}, which does not exist`);
  }
  const parent = dirname(path);
  if (parent !== path) makeDirectory(directory, parent);
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw unwritable(directory, path, error);
    throw storeFailure(directory, error, path);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function statOf(directory: string, path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A parent that is a file is found, and named, on its own.
    if (code === "ENOTDIR") return undefined;
    if (code === "ELOOP") throw unwritable(directory, path, error);
    throw storeFailure(directory, error, path);
  }
}

/**
 * Checks by trying it that the disk takes a number of bytes: opening a database that cannot be opened
 * would close one that can still be read.
 *
 * @throws StoreError
 */
export async function probeDisk(directory: string, bytes: number): Promise<void> {
  const file = join(directory, "store.probe");
  try {
    const handle = await open(file, "w", 0o600);
    try {
      await handle.writeFile(Buffer.alloc(bytes, 1));
      await handle.datasync();
    } finally {
      await handle.close();
      await unlink(file);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw unwritable(directory, directory, error);
    throw storeFailure(directory, error, file);
  }
}
