// SPDX-License-Identifier: Apache-2.0
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The text of a file, with the requested path. */
export interface InputFile {
  readonly file: string;
  readonly text: string;
}

/** All files, or one line for each unreadable file. */
type InputFiles =
  | { readonly ok: true; readonly files: readonly InputFile[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** How the files of a client command and of `vtap check` are read: pipes are the user's choice. */
const OF_COMMANDS: ReadOptions = { limit: 64 * 1024 * 1024, anyKind: true };

/** Limit of a file of settings, a token or certificates, in bytes; those of all public authorities are a fifth of it. */
export const SMALL_FILE_LIMIT = 1024 * 1024;

/** Bytes that are read from a file at once. */
const SLICE = 1024 * 1024;

export interface ReadOptions {
  /** Maximum size of a file in bytes. */
  readonly limit: number;
  /** The setting of the limit, for the remedy. */
  readonly setting?: string;
  /** Whether pipes and devices are read, too, which may take for ever. */
  readonly anyKind?: boolean;
}

/**
 * Reads files as UTF-8. A directory stands for the `*.json` files in it, in the order of their names,
 * without subdirectories. With `emptyDirectories: false`, a directory without any is an error.
 */
export async function readInputFiles(
  paths: readonly string[],
  options: ReadOptions & { readonly emptyDirectories?: boolean } = OF_COMMANDS,
): Promise<InputFiles> {
  const files: InputFile[] = [];
  const errors: string[] = [];
  for (const path of paths) {
    const found = await filesAt(path).catch((error: unknown) => fileFailure(error));
    if (typeof found === "string") {
      errors.push(`${path}: ${found}`);
      continue;
    }
    if (found.length === 0 && options.emptyDirectories === false) {
      errors.push(`${path}: ${EMPTY_DIRECTORY}`);
    }
    for (const file of found) {
      const read = await readText(file, options);
      if (read.ok) files.push({ file, text: read.text });
      else errors.push(`${file}: ${read.why}`);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, files };
}

const EMPTY_DIRECTORY = "there is no *.json file in it, put one there, or leave this path out";

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(".json"))
    .map(({ name }) => join(path, name))
    .sort();
}

/** A file that cannot be used; the message says what is wrong and what to do. */
class FileError extends Error {
  override readonly name = "FileError";
}

/**
 * Reads a file as UTF-8, in slices. Only a regular file is opened, unless asked otherwise: opening a FIFO waits for its writer, and
 * reading a device may never end.
 *
 * @throws the error of the file system, or a `FileError`; `fileFailure` puts either into words.
 */
export async function readTextFile(path: string, options: ReadOptions): Promise<string> {
  if (!options.anyKind) checkKind(await stat(path));
  // The path may name another file by now: without the second flag, opening a FIFO waits.
  const flags = constants.O_RDONLY | (options.anyKind ? 0 : constants.O_NONBLOCK);
  const handle = await open(path, flags);
  try {
    const stats = await handle.stat();
    if (!options.anyKind) checkKind(stats);
    checkSize(stats.size, options);
    return textOf(await readAll(handle, options));
  } finally {
    await handle.close();
  }
}

/** The text of a file; or why it could not be read and what to do, on one line. */
type ReadText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** As `readTextFile`, with the failure in words. */
export async function readText(path: string, options: ReadOptions): Promise<ReadText> {
  try {
    return { ok: true, text: await readTextFile(path, options) };
  } catch (error) {
    return { ok: false, why: fileFailure(error) };
  }
}

/** Reads the config file, if there is one, for a caller that needs its content, or its error, later. */
export async function readAhead(path: string | undefined): Promise<() => string> {
  if (path === undefined) return () => "";
  try {
    const text = await readTextFile(path, { limit: SMALL_FILE_LIMIT });
    return () => text;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function readAll(handle: FileHandle, options: ReadOptions): Promise<Buffer> {
  const slices: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(SLICE), 0, SLICE);
    if (bytesRead === 0) return Buffer.concat(slices, size);
    slices.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
    // Again: a file may grow, and those in /proc have no size.
    checkSize(size, options);
  }
}

function checkKind(stats: Stats): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory()
    ? "a directory"
    : stats.isFIFO()
      ? "a FIFO"
      : stats.isSocket()
        ? "a socket"
        : "a device";
  throw new FileError(`it is ${kind}, name a regular file`);
}

function checkSize(size: number, { limit, setting }: ReadOptions): void {
  if (size <= limit) return;
  const remedy = setting ? `raise ${setting} or split it` : "split it";
  throw new FileError(`it is larger than ${limit} bytes, ${remedy}`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FileError("it is not UTF-8 text, save it as UTF-8", { cause });
  }
}

/** The reason why a file could not be read, and the remedy, on one line. */
export function fileFailure(error: unknown): string {
  if (error instanceof FileError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file, check the path";
    case "EACCES":
    case "EPERM":
      return "permission denied, give this user the right to read it";
    case "EISDIR":
      return "it is a directory, name a file";
    case "ELOOP":
      return "its symbolic links go round in a circle, name a file";
    default:
      return `it could not be read (${error instanceof Error ? error.message : String(error)}), check the disk`;
  }
}
