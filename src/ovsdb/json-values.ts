// SPDX-License-Identifier: Apache-2.0

/** A JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The bytes of a peer are not what OVSDB allows; the message is a clause for the log. */
export class OvsdbFormatError extends Error {}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["null", null],
  ["true", true],
  ["false", false],
]);
/** Letters, digits and signs: of numbers and literals. */
export function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}

export function wordValue(word: string): Json {
  const literal = WORDS.get(word);
  if (literal !== undefined) return literal;
  const number = NUMBER.test(word) ? Number(word) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new OvsdbFormatError(`${JSON.stringify(word)} is neither a number nor a literal`);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new OvsdbFormatError("a string is not UTF-8", { cause });
  }
}

export function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch (cause) {
    throw new OvsdbFormatError("a string has an invalid escape", { cause });
  }
}

/** A member of its own under any key, `__proto__` included. */
export function setMember(container: Record<string, Json>, key: string, value: Json): void {
  if (key !== "__proto__") container[key] = value;
  else {
    const settings = { value, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(container, key, settings);
  }
}
