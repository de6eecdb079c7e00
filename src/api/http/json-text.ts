// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import { YieldTimer } from "../../runtime/index.ts";

/** An answer with more entries in one of its lists is sent in pieces. */
const MANY = 20;

/** Length from which on a piece is sent. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * An answer as JSON: a text, or, where a list in it may make that long, a stream that is written in slices of
 * the event loop and no faster than the client reads.
 */
export function jsonText(value: unknown): string | Readable {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const isLong = Object.values(value).some((each) => Array.isArray(each) && each.length > MANY);
  return isLong ? Readable.from(jsonPieces(value)) : JSON.stringify(value);
}

/** The JSON text of an object, entry by entry of its lists. */
async function* jsonPieces(value: object): AsyncGenerator<string> {
  const yields = new YieldTimer();
  let text = "{";
  let separator = "";
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    text += `${separator}${JSON.stringify(key)}:`;
    separator = ",";
    if (!Array.isArray(member)) {
      text += JSON.stringify(member);
      continue;
    }
    text += "[";
    for (const [index, entry] of member.entries()) {
      text += `${index === 0 ? "" : ","}${JSON.stringify(entry) ?? "null"}`;
      if (yields.shouldYield) await yields.yieldNow();
      if (text.length < PIECE_CHARACTERS) continue;
      yield text;
      text = "";
    }
    text += "]";
  }
  yield `${text}}`;
}
