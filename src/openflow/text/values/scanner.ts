// SPDX-License-Identifier: Apache-2.0
import { badSyntax } from "./text-error.ts";

/** A piece of a text and its offset in the whole. */
export interface Located {
  readonly text: string;
  readonly offset: number;
}

/** One `key`, `key=value`, `key:value` or `key(arguments)->target` of a list. */
export interface Item {
  readonly key: Located;
  /** The text after `=` or `:`, or between the brackets. */
  readonly value: Located | undefined;
  readonly form: "bare" | "assigned" | "brackets";
  /** The text after `->` behind the brackets. */
  readonly target: Located | undefined;
}

const SEPARATOR = /[, \t\r\n]/;
const KEY_END = /[:=(, \t\r\n]/;

/** Part of a located text, without surrounding white space. */
function slice(whole: Located, start: number, end = whole.text.length): Located {
  const raw = whole.text.slice(start, end);
  const text = raw.trim();
  return { text, offset: whole.offset + start + raw.indexOf(text) };
}

/** The index after the bracket that closes the one at `open`. */
function closing(whole: Located, open: number): number {
  let depth = 0;
  for (let at = open; at < whole.text.length; at++) {
    const character = whole.text[at];
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at + 1;
  }
  throw badSyntax(whole.offset + open, "a bracket is not closed", 'add ")"');
}

/** The index of the next separator outside brackets. */
function valueEnd(whole: Located, start: number): number {
  let at = start;
  while (at < whole.text.length && !SEPARATOR.test(whole.text[at] ?? "")) {
    at = whole.text[at] === "(" ? closing(whole, at) : at + 1;
  }
  return at;
}

function keyEnd(whole: Located, start: number): number {
  let at = start;
  while (at < whole.text.length && !KEY_END.test(whole.text[at] ?? "")) at++;
  return at;
}

/** Reads a list of items, separated by commas or white space. */
export class Scanner {
  readonly #whole: Located;
  #at = 0;

  constructor(whole: Located | string) {
    this.#whole = typeof whole === "string" ? { text: whole, offset: 0 } : whole;
  }

  /** Current offset, in characters from the start of the text. */
  get offset(): number {
    return this.#whole.offset + this.#at;
  }

  /** The next item; undefined at the end. @throws TextError `bad-syntax` */
  next(): Item | undefined {
    const { text } = this.#whole;
    while (this.#at < text.length && SEPARATOR.test(text[this.#at] ?? "")) this.#at++;
    if (this.#at >= text.length) return undefined;
    const start = this.#at;
    const end = keyEnd(this.#whole, start);
    const key = slice(this.#whole, start, end);
    if (end === start) throw badSyntax(this.offset, "a name is missing", `remove ${text[start]}`);
    const delimiter = text[end];
    if (delimiter === "(") return this.#brackets(key, end);
    if (delimiter !== "=" && delimiter !== ":") {
      this.#at = end;
      return { key, value: undefined, form: "bare", target: undefined };
    }
    this.#at = valueEnd(this.#whole, end + 1);
    const value = slice(this.#whole, end + 1, this.#at);
    return { key, value, form: "assigned", target: undefined };
  }

  /** The unread rest, as one piece. */
  rest(): Located {
    const at = this.#at;
    this.#at = this.#whole.text.length;
    return slice(this.#whole, at);
  }

  /** Moves back to the value of an item, so that `rest` starts there. */
  rewind(to: Located): void {
    this.#at = to.offset - this.#whole.offset;
  }

  #brackets(key: Located, open: number): Item {
    const close = closing(this.#whole, open);
    const end = valueEnd(this.#whole, close);
    this.#at = end;
    const value = slice(this.#whole, open + 1, close - 1);
    const after = slice(this.#whole, close, end);
    if (after.text === "") return { key, value, form: "brackets", target: undefined };
    if (after.text.startsWith("->"))
      return { key, value, form: "brackets", target: slice(after, 2) };
    throw badSyntax(after.offset, `${JSON.stringify(after.text)} follows a bracket`, "add a comma");
  }
}

/** All items of a list. @throws TextError `bad-syntax` */
export function items(whole: Located | string): Item[] {
  const scanner = new Scanner(whole);
  const found: Item[] = [];
  for (let item = scanner.next(); item !== undefined; item = scanner.next()) found.push(item);
  return found;
}
