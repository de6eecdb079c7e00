// SPDX-License-Identifier: Apache-2.0
/** A problem of a value in a JSON document. */
export interface ValueProblem {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  readonly at?: "key" | "value";
  readonly what: string;
  readonly remedy: string;
}

/** A problem in a file, with its position; lines and columns count from 1. */
export interface PlacedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly what: string;
  readonly remedy: string;
}

/** A JSON text with the positions of its values. */
export interface PlacedJson {
  readonly value: unknown;
  locate(problem: ValueProblem): PlacedProblem;
}

/** Reads strict JSON. Injected, because this layer has no JSON reader. */
export type ParseJson = (
  text: string,
  file: string,
) =>
  | { readonly ok: true; readonly value: PlacedJson }
  | { readonly ok: false; readonly errors: readonly PlacedProblem[] };

/** `file:line:column path: what, what to do`. */
export function formatProblem({ file, line, column, path, what, remedy }: PlacedProblem): string {
  return `${file}:${line}:${column} ${path === "" ? "/" : path}: ${what}, ${remedy}`;
}

/** The steps of an RFC 6901 pointer, indexes as numbers. */
export function pathOfPointer(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^(0|[1-9]\d*)$/.test(step) ? Number(step) : step));
}
