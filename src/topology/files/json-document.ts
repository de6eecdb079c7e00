// SPDX-License-Identifier: Apache-2.0
import { findNodeAtLocation, type Node, type ParseError, parseTree } from "jsonc-parser";
import { describeSyntaxError } from "./json-syntax.ts";

/** Place of a value in a JSON document: keys and indexes from the root. */
export type JsonPath = readonly (string | number)[];

/** A problem of a JSON value, before its file and line are known. */
export interface JsonProblem {
  readonly path: JsonPath;
  /** Whether the position is that of the value (default) or of its key. */
  readonly at?: "key" | "value";
  /** What is wrong, as a clause without a full stop. */
  readonly what: string;
  /** What to do about it, as a clause without a full stop. */
  readonly remedy: string;
}

/** A problem of a file with its place. Lines and columns count from 1, columns in UTF-16 units. */
export interface FileError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** RFC 6901 JSON pointer; "" is the whole document. */
  readonly path: string;
  readonly what: string;
  readonly remedy: string;
}

/** The result of reading a file: its value, or all its errors. */
export type FileResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FileError[] };

/** One line for a terminal: `file:line:column path: what, what to do`. */
export function formatFileError(error: FileError): string {
  const path = error.path === "" ? "/" : error.path;
  return `${error.file}:${error.line}:${error.column} ${path}: ${error.what}, ${error.remedy}`;
}

/** The RFC 6901 JSON pointer of a path; "" for the root. */
export function jsonPointer(path: JsonPath): string {
  return path
    .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/**
 * A well-formed JSON text without duplicate keys, with the positions of its values.
 *
 * Positions are computed on demand, so that a large file without errors costs little more than a
 * `JSON.parse`.
 */
export class JsonDocument {
  readonly file: string;
  readonly value: unknown;
  readonly #text: string;
  #root: Node | undefined;
  #lineStarts: readonly number[] | undefined;

  private constructor(text: string, file: string, value: unknown) {
    this.file = file;
    this.value = value;
    this.#text = text;
  }

  /** Reads a text as strict JSON (no comments, no trailing commas); a byte order mark is skipped. */
  static parse(text: string, file: string): FileResult<JsonDocument> {
    const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return { ok: false, errors: syntaxErrors(new JsonDocument(body, file, undefined)) };
    }
    const document = new JsonDocument(body, file, value);
    if (countKeysWritten(body) === countKeys(value)) return { ok: true, value: document };
    const errors = withinStack(() => document.#duplicateKeys()) ?? syntaxErrors(document);
    return { ok: false, errors };
  }

  /** Adds the place in this file to a problem of a value. */
  locate(problem: JsonProblem): FileError {
    const { line, column } = this.position(problem.path, problem.at);
    const { what, remedy } = problem;
    return { file: this.file, line, column, path: jsonPointer(problem.path), what, remedy };
  }

  /** Position of a value (or its key); for a missing one, the start of the enclosing object or array. */
  position(path: JsonPath, at: "key" | "value" = "value"): { line: number; column: number } {
    const root = this.#tree();
    for (let length = path.length; length >= 0; length--) {
      const node = root && findNodeAtLocation(root, path.slice(0, length));
      if (!node) continue;
      const whole = length === path.length;
      const isProperty = node.parent?.type === "property";
      return this.positionAt(
        (whole && at === "key" && isProperty && node.parent?.offset) || node.offset,
      );
    }
    return this.positionAt(0);
  }

  /** Line and column of an offset into the text. */
  positionAt(offset: number): { line: number; column: number } {
    this.#lineStarts ??= lineStartsOf(this.#text);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** The text, for messages that quote it. */
  get text(): string {
    return this.#text;
  }

  #tree(): Node | undefined {
    this.#root ??= withinStack(() => parseTree(this.#text));
    return this.#root;
  }

  #duplicateKeys(): FileError[] {
    const errors: FileError[] = [];
    const visit = (node: Node, path: JsonPath): void => {
      if (node.type === "array") {
        node.children?.forEach((child, index) => {
          visit(child, [...path, index]);
        });
      } else if (node.type === "object") {
        const firstLines = new Map<string, number>();
        for (const property of node.children ?? []) {
          const [key, value] = property.children ?? [];
          const name = String(key?.value);
          const { line, column } = this.positionAt(property.offset);
          const first = firstLines.get(name);
          if (first === undefined) firstLines.set(name, line);
          else {
            errors.push({
              file: this.file,
              line,
              column,
              path: jsonPointer([...path, name]),
              what: `key "${name}" occurs twice in one object (first on line ${first})`,
              remedy: "keep one of them",
            });
          }
          if (value) visit(value, [...path, name]);
        }
      }
    };
    const root = parseTree(this.#text);
    if (root) visit(root, []);
    return errors;
  }
}

/** The first syntax error of a text that `JSON.parse` refuses; further ones usually follow from it. */
function syntaxErrors(document: JsonDocument): FileError[] {
  const found: ParseError[] = [];
  const options = { disallowComments: true, allowTrailingComma: false };
  withinStack(() => parseTree(document.text, found, options));
  const [first] = found;
  const { what, remedy } = describeSyntaxError(document.text, first);
  const place = document.positionAt(first?.offset ?? 0);
  return [{ file: document.file, ...place, path: "", what, remedy }];
}

/**
 * The result of a recursive walk; undefined when the text nests so deeply (tens of thousands of levels)
 * that it exhausts the stack.
 */
function withinStack<T>(walk: () => T): T | undefined {
  try {
    return walk();
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Number of keys in a well-formed JSON text: its strings that are followed by a colon. */
function countKeysWritten(text: string): number {
  let keys = 0;
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at++) !== QUOTE) continue;
    for (let char = text.charCodeAt(at); char !== QUOTE; char = text.charCodeAt(at)) {
      at += char === BACKSLASH ? 2 : 1;
    }
    at++;
    while (isWhiteSpace(text.charCodeAt(at))) at++;
    if (text.charCodeAt(at) === COLON) keys++;
  }
  return keys;
}

function isWhiteSpace(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;
}

/** Number of keys in a parsed value; fewer than in the text means that one is a duplicate. */
function countKeys(value: unknown): number {
  let keys = 0;
  const pending: object[] = [];
  const keep = (child: unknown) => {
    if (typeof child === "object" && child !== null) pending.push(child);
  };
  keep(value);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (Array.isArray(next)) for (const child of next) keep(child);
    else {
      const children = Object.values(next);
      keys += children.length;
      for (const child of children) keep(child);
    }
  }
  return keys;
}
