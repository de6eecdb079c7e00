// SPDX-License-Identifier: Apache-2.0
/** How complex a JSON text is, or may be. */
export interface JsonShape {
  /** Entries of all objects and lists together, duplicate keys included. */
  readonly members: number;
  /** How deep objects and lists nest: 0 for a string, 1 for `[]`. */
  readonly depth: number;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The shape of a JSON text in UTF-8, in one pass and without reading it. Stops as soon as one of the limits
 * is exceeded. Of text that is no JSON the shape says nothing, but it is found all the same.
 */
export function jsonShape(
  bytes: Uint8Array,
  limits: JsonShape = { members: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY },
): JsonShape {
  let [members, depth, deepest] = [0, 0, 0];
  // Whether the last token opens a list or an object: what follows is its first entry, or its end.
  let opened = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= 0x20) continue;
    if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
      opened = false;
      continue;
    }
    if (opened || byte === COMMA) {
      members++;
      opened = false;
    }
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth++;
      deepest = Math.max(deepest, depth);
      opened = true;
    } else if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
    }
    if (members > limits.members || deepest > limits.depth) break;
  }
  return { members, depth: deepest };
}

/** Where the string ends that begins at `from`, behind its quote. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
