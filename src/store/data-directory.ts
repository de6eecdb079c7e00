// SPDX-License-Identifier: Apache-2.0
import { constants, type Stats } from "node:fs";
import { access, lstat, mkdir, open, readlink, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DATABASE_FOLDER, storeFailure, unwritable } from "./store-failures.ts";

/**
 * Ensures that the data directory is usable, and creates it if it is missing.
 *
 * @returns where the database is.
 * @throws StoreError `unwritable`, or another if the disk fails.
 */
export async function prepareDataDirectory(directory: string): Promise<string> {
  const database = join(directory, DATABASE_FOLDER);
  await makeDirectory(directory, resolve(database));
  try {
    for (const path of [directory, database]) {
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
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
async function makeDirectory(directory: string, path: string): Promise<void> {
  const found = await statOf(directory, path);
  if (found?.isDirectory()) return;
  if (found) throw unwritable(directory, path, "it is not a directory");
  if (await isLink(path)) {
    const target = await readlink(path);
    throw unwritable(directory, path, `it is a symbolic link to ${target}, which does not exist`);
  }
  const parent = dirname(path);
  if (parent !== path) await makeDirectory(directory, parent);
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw unwritable(directory, path, error);
    throw storeFailure(directory, error, path);
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

async function statOf(directory: string, path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A parent that is a file is found, and named, on its own.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
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
