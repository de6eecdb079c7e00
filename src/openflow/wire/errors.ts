// SPDX-License-Identifier: Apache-2.0
/** Why a byte string is not a message. */
export type DecodeErrorCode =
  /** The structure needs more bytes than its bounds hold. */
  | "truncated"
  /** A length field contradicts what it measures. */
  | "bad-length"
  /** Bytes are left over inside the bounds of a structure. */
  | "trailing-bytes"
  /** Neither OpenFlow 1.4 nor a message common to all versions. */
  | "bad-version"
  /** No such message type. */
  | "bad-type"
  /** A field holds a value that its definition excludes. */
  | "bad-value"
  /** Messages or actions are nested too deeply. */
  | "too-deep";

/** Why a value cannot be encoded. */
export type EncodeErrorCode =
  /** An integer outside its field's range. */
  | "out-of-range"
  /** A value of another JavaScript type than the field's. */
  | "wrong-type"
  /** An undeclared `type`, field or multipart name. */
  | "unknown-type"
  /** The message would exceed 65535 bytes, or a string its field. */
  | "too-long"
  /** Text that is not an address or number of its kind. */
  | "bad-text"
  /** Messages or actions are nested too deeply. */
  | "too-deep";

/** Prepends a segment (`match`, `[3]`) to a path. */
function joinPath(segment: string, path: string): string {
  if (path === "") return segment;
  return path.startsWith("[") ? segment + path : `${segment}.${path}`;
}

/**
 * Malformed bytes.
 *
 * `offset` counts bytes from the start of the decoded string; `path` names the field, such as
 * `multipart.entries[3].match[0]`, and is empty when the message as a whole is at fault.
 */
export class DecodeError extends Error {
  readonly code: DecodeErrorCode;
  readonly offset: number;
  readonly detail: string;
  path: string;

  constructor(code: DecodeErrorCode, offset: number, path: string, detail: string) {
    super(`${path === "" ? "message" : path}: ${detail} (byte ${offset})`);
    this.name = "DecodeError";
    this.code = code;
    this.offset = offset;
    this.path = path;
    this.detail = detail;
  }

  /** Prepends the name of the enclosing field to the path; called as the error propagates. */
  within(segment: string): this {
    this.path = joinPath(segment, this.path);
    this.message = `${this.path}: ${this.detail} (byte ${this.offset})`;
    return this;
  }
}

/** A value that cannot be encoded; `path` names the field as in {@link DecodeError}. */
export class EncodeError extends Error {
  readonly code: EncodeErrorCode;
  readonly detail: string;
  path: string;

  constructor(code: EncodeErrorCode, path: string, detail: string) {
    super(`${path === "" ? "message" : path}: ${detail}`);
    this.name = "EncodeError";
    this.code = code;
    this.path = path;
    this.detail = detail;
  }

  /** Prepends the name of the enclosing field to the path; called as the error propagates. */
  within(segment: string): this {
    this.path = joinPath(segment, this.path);
    this.message = `${this.path}: ${this.detail}`;
    return this;
  }
}

/** Adds a path segment to a propagating codec error; other errors stay unchanged. */
export function within(error: unknown, segment: string): unknown {
  if (error instanceof DecodeError || error instanceof EncodeError) return error.within(segment);
  return error;
}
