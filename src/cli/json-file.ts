/** Something wrong with a value in a JSON document. */
export interface ValueProblem {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  readonly at?: "key" | "value";
  readonly what: string;
  readonly remedy: string;
}

/** Something wrong with a file, with its place; lines and columns count from 1. */
export interface PlacedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly what: string;
  readonly remedy: string;
}

/** A JSON text that knows where its values are written. */
export interface PlacedJson {
  readonly value: unknown;
  locate(problem: ValueProblem): PlacedProblem;
}

/** Reads strict JSON, given from outside: this layer has no reader of its own. */
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
