// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import type { Operation } from "./operations.ts";

/** Why servers refuse transactions. @spec RFC 7047 §4.1.3, §5.2, ovsdb-server(7) §4.1.3 */
const ERRORS = [
  "aborted",
  "constraint violation",
  "domain error",
  "duplicate uuid",
  "duplicate uuid-name",
  "I/O error",
  "not allowed",
  "not owner",
  "not supported",
  "permission error",
  "range error",
  "referential integrity violation",
  "resources exhausted",
  "syntax error",
  "timed out",
  "unknown column",
  "unknown database",
  "unknown table",
] as const;

/** Why a server has refused a transaction, which has changed nothing. */
interface TransactionError {
  /** `timed out`: a guard (`wait`) does not hold. */
  readonly code: (typeof ERRORS)[number] | "other";
  /** The words of the server, shortened; for logs and reasons. */
  readonly detail: string;
  /** Index of the operation; absent: the transaction as a whole. */
  readonly operation?: number;
}

/** The results of operations, in their order. */
type ResultsOf<T extends readonly Operation[]> = {
  readonly [K in keyof T]: T[K] extends Operation<infer R> ? R : never;
};

/** What a server has answered. */
export type TransactionReply<T extends readonly Operation[]> =
  | { readonly type: "committed"; readonly results: ResultsOf<T> }
  | { readonly type: "refused"; readonly error: TransactionError };

/** The parameters of a transaction. @spec RFC 7047 §4.1.3 */
export function transactParams(
  database: string,
  operations: readonly Operation[],
): readonly Json[] {
  return [database, ...operations.map(({ json }) => json)];
}

/**
 * Reads the reply to a transaction.
 * @throws OvsdbFormatError when it is none
 */
export function transactionReply<const T extends readonly Operation[]>(
  operations: T,
  { result, error }: { readonly result: Json; readonly error: Json },
): TransactionReply<T> {
  if (error !== null) return { type: "refused", error: errorOf(error) };
  if (!Array.isArray(result)) throw new OvsdbFormatError("a transaction has no list of results");
  const results = result as readonly Json[];
  // One result more is the error of the commit.
  const failed = results.findIndex((each) => isObject(each) && Object.hasOwn(each, "error"));
  if (failed >= 0) {
    const place = failed < operations.length ? { operation: failed } : {};
    return { type: "refused", error: { ...errorOf(results[failed] ?? null), ...place } };
  }
  if (results.length < operations.length) {
    throw new OvsdbFormatError("a transaction has fewer results than operations");
  }
  const read = operations.map((operation, index) => operation.result(results[index] ?? null));
  return { type: "committed", results: read as unknown as ResultsOf<T> };
}

const MOST_CHARACTERS = 200;

/** Errors are texts, or objects with `error` and `details`. @spec RFC 7047 §3.1, `<error>` */
function errorOf(json: Json): TransactionError {
  const members: Readonly<Record<string, unknown>> = isObject(json) ? json : { error: json };
  const { error, details } = members;
  const code = ERRORS.find((each) => each === error) ?? "other";
  const words = [error, details].filter((each) => typeof each === "string" && each !== "");
  const text = words.length > 0 ? words.join(": ") : JSON.stringify(json);
  return { code, detail: text.slice(0, MOST_CHARACTERS) };
}
