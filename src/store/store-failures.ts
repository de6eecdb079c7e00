// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { StoreError, type StoreErrorCode } from "./store-error.ts";

/** The database's folder inside the data directory, which may hold other files too. */
export const DATABASE_FOLDER = "db";

/** The error for data that are not what was written: `file: what; what to do`. */
export function damaged(
  directory: string,
  file: string,
  what: string,
  cause?: unknown,
): StoreError {
  const remedy = `restore data directory ${directory} from a backup, or move it away to start empty`;
  return new StoreError("corrupt", directory, `${file}: ${what}; ${remedy}`, cause);
}

/** The error for a damaged record, which may be in any file of the database. */
export function damagedRecord(directory: string, key: string, what: string): StoreError {
  return damaged(directory, join(directory, DATABASE_FOLDER), `record ${key}: ${what}`);
}

/** The error for a directory or file that cannot be created, read or written. */
export function unwritable(directory: string, file: string, cause: unknown): StoreError {
  const remedy = "use a data directory that this user can create, read and write (--data)";
  const message = `${file}: cannot be used (${reason(cause)}); ${remedy}`;
  return new StoreError("unwritable", directory, message, cause);
}

/** The error for a data directory that is no longer where it was opened. */
export function replaced(directory: string, file: string, what: string): StoreError {
  const remedy = "put it back (writing then goes on), or restart vtap to use what is there now";
  return new StoreError("replaced", directory, `${file}: ${what} while vtap runs; ${remedy}`);
}

/** The error for a disk that has not answered for a number of seconds. */
export function hung(directory: string, seconds: number): StoreError {
  const remedy = "repair it, or unfreeze the file system; vtap goes on by itself";
  const message = `${directory}: the disk has not answered for ${seconds} seconds; ${remedy}`;
  return new StoreError("hung", directory, message);
}

/** The error for a closed store. */
export function closed(directory: string, cause?: unknown): StoreError {
  return new StoreError("closed", directory, `${directory}: the store is closed`, cause);
}

/** Turns an error of the database or the file system into a `StoreError`; a `StoreError` stays as it is. */
export function storeFailure(
  directory: string,
  error: unknown,
  file = join(directory, DATABASE_FOLDER),
): StoreError {
  if (error instanceof StoreError) return error;
  const cause = rootCause(error);
  const failure = (code: StoreErrorCode, where: string, what: string) =>
    new StoreError(code, directory, `${where}: ${what}`, error);
  switch (kindOf(cause)) {
    case "locked":
      return failure(
        "inUse",
        join(directory, DATABASE_FOLDER, "LOCK"),
        `data directory ${directory} is in use by another vtap; stop it, or use another directory (--data)`,
      );
    case "corrupt":
      return damaged(directory, namedFile(cause) ?? file, reason(cause), error);
    case "missing":
      return damaged(directory, namedFile(cause) ?? file, "the file is missing", error);
    case "full":
      return failure(
        "full",
        directory,
        "no space is left on the disk; free some, vtap goes on by itself",
      );
    case "forbidden":
      return unwritable(directory, namedFile(cause) ?? file, cause);
    case "readOnly":
      return failure(
        "readOnly",
        directory,
        "the file system is read-only; mount it for writing, vtap goes on by itself",
      );
    case "descriptors":
      return failure(
        "descriptors",
        namedFile(cause) ?? file,
        "too many open files; raise the limit (LimitNOFILE= of the service, or ulimit -n)",
      );
    case "closed":
      return closed(directory, error);
    case "other":
      return failure(
        "io",
        namedFile(cause) ?? file,
        `${reason(cause)}; check the disk and its cables, and the kernel's log`,
      );
  }
}

type FailureKind =
  | "locked"
  | "corrupt"
  | "missing"
  | "full"
  | "forbidden"
  | "readOnly"
  | "descriptors"
  | "closed"
  | "other";

/** By the code of Node or the database. */
const CODES: Readonly<Record<string, FailureKind>> = {
  LEVEL_LOCKED: "locked",
  LEVEL_CORRUPTION: "corrupt",
  LEVEL_DATABASE_NOT_OPEN: "closed",
  ENOENT: "missing",
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "readOnly",
  EACCES: "forbidden",
  EPERM: "forbidden",
  EMFILE: "descriptors",
  ENFILE: "descriptors",
};

/**
 * By the words of strerror(3): every failed system call of the database has the same code, and only the
 * end of the text says what failed.
 */
const WORDS: readonly (readonly [RegExp, FailureKind])[] = [
  [/No space left on device|Disk quota exceeded/, "full"],
  [/Read-only file system/, "readOnly"],
  [/Permission denied|Operation not permitted/, "forbidden"],
  [/Too many open files/, "descriptors"],
  [/No such file/, "missing"],
];

function kindOf(cause: unknown): FailureKind {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : "";
  const known = CODES[String(code)];
  if (known) return known;
  const text = reason(cause);
  return WORDS.find(([words]) => words.test(text))?.[1] ?? "other";
}

/** The file that an error is about: Node has it as a member, the database in its text. */
function namedFile(cause: unknown): string | undefined {
  if (typeof cause === "object" && cause !== null && "path" in cause) return String(cause.path);
  return /(\/\S+\/(?:\d+\.(?:ldb|sst|log|dbtmp)|MANIFEST-\d+|CURRENT|LOCK)): /.exec(
    reason(cause),
  )?.[1];
}

/** The message of an error of the file system or the database, on one line. */
function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s*\n\s*/g, " ");
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause;
}
