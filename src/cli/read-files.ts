// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from "node:fs";
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

/**
 * Reads files as UTF-8. A directory stands for the `*.json` files in it, in the order of their names,
 * without subdirectories.
 */
export function readInputFiles(paths: readonly string[]): InputFiles {
  const files: InputFile[] = [];
  const errors: string[] = [];
  for (const path of paths) {
    try {
      for (const file of filesAt(path)) files.push({ file, text: readTextFile(file) });
    } catch (error) {
      errors.push(`${path}: ${fileFailure(error)}`);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, files };
}

function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(".json"))
    .map(({ name }) => join(path, name))
    .sort();
}

/**
 * Reads a file as UTF-8.
 *
 * @throws the error of the file system, or an Error for bytes that are not UTF-8.
 */
export function readTextFile(file: string): string {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error("it is not UTF-8 text", { cause });
  }
}

/** The reason why a file could not be read, and the remedy, on one line. */
export function fileFailure(error: unknown): string {
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
    default:
      return `it could not be read (${error instanceof Error ? error.message : String(error)})`;
  }
}
