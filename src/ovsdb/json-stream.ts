// SPDX-License-Identifier: Apache-2.0
import {
  isWordByte,
  type Json,
  OvsdbFormatError,
  setMember,
  unescaped,
  utf8,
  wordValue,
} from "./json-values.ts";

/** What one message may cost; a message beyond it is malformed. */
export interface JsonLimits {
  readonly maxBytes: number;
  /** How deep objects and lists nest. */
  readonly maxDepth: number;
  /** Values of all kinds together: what they occupy in memory does not follow from their bytes. */
  readonly maxValues: number;
  /** Members of one object, or elements of one list: some are walked at once. */
  readonly maxMembers: number;
}

type Expected =
  | "message"
  | "value"
  | "valueOrEnd"
  | "key"
  | "keyOrEnd"
  | "colon"
  | "commaOrEnd"
  | "string"
  | "word";

type Container = Json[] | Record<string, Json>;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE = 0x20;

/** Bytes of the longest number or literal. */
const MAX_WORD_BYTES = 64;
/** Bytes of the longest string: the end of a string costs a time in proportion to it. */
const MAX_STRING_BYTES = 1024 * 1024;

/**
 * Splits a stream of bytes into JSON objects, and reads them as they arrive: no message, however long, is
 * parsed at once, so that a chunk costs a time in proportion to its own length. A worker thread would
 * not do better: what it has parsed is copied on the event loop.
 *
 * After an error the stream is of no use any more. @spec RFC 7047 §4, RFC 8259
 */
export class JsonStream {
  #limits: JsonLimits;
  #expected: Expected = "message";
  /** Open objects and lists, the outermost first. */
  readonly #open: Container[] = [];
  /** The keys under which values of the open objects go; of lists: "". */
  readonly #keys: string[] = [];
  /** How many values each of them has. */
  readonly #members: number[] = [];
  #completed: Json[] = [];
  #bytes = 0;
  #values = 0;
  #isKey = false;
  #isEscape = false;
  #hasEscapes = false;
  /** Has the highest bit when a byte of the string is beyond ASCII. */
  #seenBits = 0;
  /** The bytes of a string or word that earlier chunks began. */
  #begun = Buffer.alloc(0);
  #begunBytes = 0;

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  /** Bytes of the message that has begun. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Other limits from now on. */
  set limits(limits: JsonLimits) {
    this.#limits = limits;
  }

  /**
   * Takes the next bytes; returns the objects that they complete.
   * @throws OvsdbFormatError when they are not JSON, or beyond the limits
   */
  push(chunk: Uint8Array): readonly Json[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#completed = [];
    let at = 0;
    while (at < bytes.length) {
      const from = at;
      if (this.#expected === "string") at = this.#readString(bytes, at);
      else if (this.#expected === "word") at = this.#readWord(bytes, at);
      else this.#structure(bytes[at++] ?? 0);
      if (this.#open.length > 0) this.#count(at - from);
    }
    return this.#completed;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const { maxBytes } = this.#limits;
    if (this.#bytes > maxBytes) throw new OvsdbFormatError(`a message exceeds ${maxBytes} bytes`);
  }

  #structure(byte: number): void {
    if (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    switch (this.#expected) {
      case "message":
        if (byte !== OPEN_OBJECT) throw unexpected(byte, "a message begins");
        this.#begin({});
        return;
      case "colon":
        if (byte !== COLON) throw unexpected(byte, "a colon is expected");
        this.#expected = "value";
        return;
      case "commaOrEnd":
        this.#commaOrEnd(byte);
        return;
      case "key":
      case "keyOrEnd":
        if (byte === CLOSE_OBJECT && this.#expected === "keyOrEnd") this.#end();
        else if (byte === QUOTE) this.#beginString(true);
        else throw unexpected(byte, "a key is expected");
        return;
      default:
        if (byte === CLOSE_LIST && this.#expected === "valueOrEnd") this.#end();
        else this.#beginValue(byte);
    }
  }

  #commaOrEnd(byte: number): void {
    const isList = Array.isArray(this.#open.at(-1));
    if (byte === COMMA) this.#expected = isList ? "value" : "key";
    else if (byte === (isList ? CLOSE_LIST : CLOSE_OBJECT)) this.#end();
    else throw unexpected(byte, "a comma or an end is expected");
  }

  #beginValue(byte: number): void {
    if (byte === QUOTE) this.#beginString(false);
    else if (byte === OPEN_OBJECT) this.#begin({});
    else if (byte === OPEN_LIST) this.#begin([]);
    else if (isWordByte(byte)) {
      this.#expected = "word";
      this.#begunBytes = 0;
      this.#keep(Buffer.of(byte));
    } else throw unexpected(byte, "a value is expected");
  }

  #beginString(isKey: boolean): void {
    this.#expected = "string";
    this.#isKey = isKey;
    this.#isEscape = false;
    this.#hasEscapes = false;
    this.#seenBits = 0;
    this.#begunBytes = 0;
  }

  #begin(container: Container): void {
    const { maxDepth } = this.#limits;
    if (this.#open.length >= maxDepth) {
      throw new OvsdbFormatError(`a message nests deeper than ${maxDepth}`);
    }
    if (this.#open.length > 0) this.#add(container);
    else this.#values = this.#bytes = 0;
    this.#open.push(container);
    this.#keys.push("");
    this.#members.push(0);
    this.#expected = Array.isArray(container) ? "valueOrEnd" : "keyOrEnd";
  }

  #end(): void {
    const ended = this.#open.pop();
    this.#keys.pop();
    this.#members.pop();
    this.#expected = "commaOrEnd";
    if (this.#open.length > 0 || ended === undefined) return;
    this.#completed.push(ended);
    this.#bytes = 0;
    this.#expected = "message";
  }

  #add(value: Json): void {
    const { maxValues, maxMembers } = this.#limits;
    if (++this.#values > maxValues) {
      throw new OvsdbFormatError(`a message has more than ${maxValues} values`);
    }
    const depth = this.#open.length - 1;
    const members = (this.#members[depth] ?? 0) + 1;
    if (members > maxMembers) {
      throw new OvsdbFormatError(`an object or list has more than ${maxMembers} members`);
    }
    this.#members[depth] = members;
    const container = this.#open[depth];
    const key = this.#keys[depth] ?? "";
    if (Array.isArray(container)) container.push(value);
    else if (container !== undefined) setMember(container, key, value);
    this.#expected = "commaOrEnd";
  }

  /** Reads on in a string; returns where the rest of the chunk begins. */
  #readString(bytes: Buffer, from: number): number {
    if (this.#begunBytes > MAX_STRING_BYTES) {
      throw new OvsdbFormatError(`a string exceeds ${MAX_STRING_BYTES} bytes`);
    }
    let at = from;
    let isEscape = this.#isEscape;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < SPACE) throw new OvsdbFormatError("a string has a control character");
      this.#seenBits |= byte;
      if (isEscape) isEscape = false;
      else if (byte === QUOTE) {
        this.#endString(bytes, from, at);
        return at + 1;
      } else if (byte === BACKSLASH) {
        isEscape = true;
        this.#hasEscapes = true;
      }
    }
    this.#isEscape = isEscape;
    this.#keep(bytes.subarray(from));
    return at;
  }

  #endString(bytes: Buffer, from: number, to: number): void {
    const isWhole = this.#begunBytes === 0;
    if (!isWhole) this.#keep(bytes.subarray(from, to));
    const text = isWhole
      ? this.#text(bytes, from, to)
      : this.#text(this.#begun, 0, this.#begunBytes);
    if (this.#isKey) {
      this.#keys[this.#keys.length - 1] = text;
      this.#expected = "colon";
    } else this.#add(text);
    this.#release();
  }

  #text(bytes: Buffer, from: number, to: number): string {
    const text =
      this.#seenBits < 0x80 ? bytes.toString("latin1", from, to) : utf8(bytes.subarray(from, to));
    return this.#hasEscapes ? unescaped(text) : text;
  }

  #readWord(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isWordByte(bytes[at] ?? 0)) at++;
    if (this.#begunBytes + at - from > MAX_WORD_BYTES) {
      throw new OvsdbFormatError("a number or literal is too long");
    }
    this.#keep(bytes.subarray(from, at));
    if (at < bytes.length)
      this.#add(wordValue(this.#begun.toString("latin1", 0, this.#begunBytes)));
    return at;
  }

  /** Copies bytes whose chunk is over: many short chunks would occupy more than their bytes. */
  #keep(bytes: Uint8Array): void {
    const needed = this.#begunBytes + bytes.length;
    if (needed > this.#begun.length) {
      const larger = Buffer.alloc(Math.max(needed * 2, MAX_WORD_BYTES));
      this.#begun.copy(larger, 0, 0, this.#begunBytes);
      this.#begun = larger;
    }
    this.#begun.set(bytes, this.#begunBytes);
    this.#begunBytes = needed;
  }

  /** Frees what a long string has needed. */
  #release(): void {
    this.#begunBytes = 0;
    if (this.#begun.length > 1024) this.#begun = Buffer.alloc(0);
  }
}

function unexpected(byte: number, where: string): OvsdbFormatError {
  return new OvsdbFormatError(`byte 0x${byte.toString(16).padStart(2, "0")} where ${where}`);
}
