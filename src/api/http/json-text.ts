// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import { isObject } from "../../lang/is-object.ts";
import { LazyList } from "../../lang/lazy-list.ts";
import { YieldTimer } from "../../runtime/index.ts";

/** An answer with more entries in one of its lists is sent in pieces. */
const MANY = 20;

/** So many texts or numbers of a list are written at once. */
const MANY_SHORT = 256;

/** Length from which on a piece is sent. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * An answer as JSON: a text, or, where a list in it may make that long, a stream that is written in slices of
 * the event loop and no faster than the client reads. Lists are members of the answer, or of objects in it.
 */
export function jsonText(value: unknown): string | Readable {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  return hasMany(value) ? Readable.from(jsonPieces(value)) : JSON.stringify(value);
}

/** Whether an object, or one in it or in its lists, has a long list. */
function hasMany(value: object): boolean {
  return Object.values(value).some((each) =>
    Array.isArray(each)
      ? each.length > MANY || each.some((entry) => isPlain(entry) && hasMany(entry))
      : each instanceof LazyList || (isPlain(each) && hasMany(each)),
  );
}

/** An object that is written member by member. */
function isPlain(value: unknown): value is object {
  return isObject(value) && !(value instanceof LazyList) && !("toJSON" in value);
}

/** The JSON text of an object, entry by entry of its lists. */
async function* jsonPieces(value: object): AsyncGenerator<string> {
  const yields = new YieldTimer();
  let text = "";
  for (const part of partsOf(value)) {
    text += part;
    if (yields.shouldYield) await yields.yieldNow();
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield text;
}

/** The same in parts, each of them short. */
function* partsOf(value: object): Generator<string> {
  let separator = "";
  yield "{";
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    separator = ",";
    if (Array.isArray(member)) yield* entriesOf(member);
    else if (member instanceof LazyList) yield* lazyEntriesOf(member);
    else if (isPlain(member) && hasMany(member)) yield* partsOf(member);
    else yield JSON.stringify(member);
  }
  yield "}";
}

/** The entries of a list: objects one by one, texts and numbers together. */
function* entriesOf(list: readonly unknown[]): Generator<string> {
  yield "[";
  let separator = "";
  for (let at = 0; at < list.length; ) {
    let end = at;
    while (end < list.length && end - at < MANY_SHORT && !isLong(list[end])) end++;
    const first = list[at];
    if (isPlain(first) && hasMany(first)) {
      yield separator;
      yield* partsOf(first);
      at++;
    } else {
      const entries = list.slice(at, Math.max(end, at + 1));
      yield separator + JSON.stringify(entries).slice(1, -1);
      at += entries.length;
    }
    separator = ",";
  }
  yield "]";
}

/** The entries of a list that are made as they are written. */
function* lazyEntriesOf(list: LazyList<unknown>): Generator<string> {
  let separator = "[";
  for (const entry of list) {
    yield separator;
    if (isPlain(entry) && hasMany(entry)) yield* partsOf(entry);
    else yield JSON.stringify(entry);
    separator = ",";
  }
  yield separator === "[" ? "[]" : "]";
}

/** Whether an entry may be long. */
function isLong(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null;
}
