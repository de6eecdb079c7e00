// SPDX-License-Identifier: Apache-2.0
/** Kind of a store failure. */
export type StoreErrorCode =
  /** Another process has the data directory open. */
  | "inUse"
  /** The directory or its files cannot be created, read or written. */
  | "unwritable"
  /** The data on disk is not what was written. */
  | "corrupt"
  /** Written by a newer version of OpenVTAP. */
  | "tooNew"
  /** The data directory was removed or replaced while it is open. */
  | "replaced"
  /** The file system is read-only. */
  | "readOnly"
  /** The process or the system has too many open files. */
  | "descriptors"
  /** The disk does not answer. */
  | "hung"
  /** No space is left on the disk. */
  | "full"
  /** Any other failure of the disk. */
  | "io"
  | "closed";

/** A failure of the store. `message` is one line for a terminal: `file: what; what to do`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly directory: string;

  constructor(code: StoreErrorCode, directory: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.directory = directory;
  }
}
