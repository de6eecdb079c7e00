// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { corrupt, reason, unwritable } from "./data-directory.ts";
import { StoreError } from "./store-error.ts";

/** Turns an error of the database into a `StoreError`; a `StoreError` stays as it is. */
export function levelFailure(directory: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const cause = rootCause(error);
  const text = reason(cause);
  switch (codeOf(cause)) {
    case "LEVEL_LOCKED":
      return new StoreError(
        "inUse",
        directory,
        `data directory ${directory} is in use by another vtap; stop it, or use another directory (--data)`,
        error,
      );
    case "LEVEL_CORRUPTION":
      return corrupt(directory, text, error);
    case "LEVEL_DATABASE_NOT_OPEN":
      return closed(directory, error);
    default:
      return ioFailure(directory, text, error);
  }
}

/** The error for a closed store. */
export function closed(directory: string, cause?: unknown): StoreError {
  return new StoreError("closed", directory, `the store in ${directory} is closed`, cause);
}

/**
 * Every failed system call has the same code; only the text, which ends in the words of strerror(3),
 * says what failed.
 */
function ioFailure(directory: string, text: string, error: unknown): StoreError {
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return new StoreError(
      "full",
      directory,
      `the disk of data directory ${directory} is full; free some space`,
      error,
    );
  }
  if (/Permission denied|Read-only file system|Operation not permitted/.test(text)) {
    return unwritable(directory, new Error(text, { cause: error }));
  }
  if (/\.(ldb|sst|log)\b.*No such file|MANIFEST.*No such file/.test(text)) {
    return corrupt(directory, `a file in ${join(directory, "db")} is missing (${text})`, error);
  }
  return new StoreError("io", directory, `data directory ${directory}: ${text}`, error);
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
