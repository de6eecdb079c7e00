// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from "./errors.ts";
import { MAX_MESSAGE_BYTES } from "./writer.ts";

const HEADER_BYTES = 8;

/**
 * Splits a byte stream into OpenFlow messages, in any chunking.
 *
 * A message that lies within one chunk is a view of that chunk; one that spans chunks is copied
 * once. At most one partial message is held. After an error the stream is unusable: close it.
 *
 * @spec OpenFlow 1.4.1 §7.1 (length is the third and fourth byte of the header)
 */
export class Framer {
  readonly maxMessageBytes: number;
  private partial = new Uint8Array(0);
  private held = 0;
  private offset = 0;

  /** `maxMessageBytes`: longer messages are errors (8 to 65535, default 65535). */
  constructor(options: { readonly maxMessageBytes?: number } = {}) {
    this.maxMessageBytes = Math.min(
      options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
      MAX_MESSAGE_BYTES,
    );
  }

  /** Bytes of a partial message that are held. */
  get heldBytes(): number {
    return this.held;
  }

  /**
   * Takes the next bytes of the stream and returns the messages they complete.
   * @throws DecodeError `bad-length` for a length under 8 or over the limit, `bad-version` for
   *   version 0; `offset` counts from the start of the stream
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let at = this.held > 0 ? this.completeHeld(chunk, messages) : 0;
    while (chunk.length - at >= HEADER_BYTES) {
      const length = this.messageLength(chunk, at, this.offset + at);
      if (chunk.length - at < length) break;
      messages.push(new Uint8Array(chunk.buffer, chunk.byteOffset + at, length));
      at += length;
    }
    if (at < chunk.length) this.hold(chunk.subarray(at));
    this.offset += chunk.length;
    return messages;
  }

  /** Extends the held partial message; returns the number of bytes taken from the chunk. */
  private completeHeld(chunk: Uint8Array, messages: Uint8Array[]): number {
    const began = this.offset - this.held;
    let at = 0;
    if (this.held < HEADER_BYTES) {
      at = Math.min(HEADER_BYTES - this.held, chunk.length);
      this.hold(chunk.subarray(0, at));
      if (this.held < HEADER_BYTES) return at;
    }
    const length = this.messageLength(this.partial, 0, began);
    const missing = Math.min(length - this.held, chunk.length - at);
    this.hold(chunk.subarray(at, at + missing));
    if (this.held < length) return at + missing;
    messages.push(this.partial.subarray(0, length));
    this.partial = new Uint8Array(0);
    this.held = 0;
    return at + missing;
  }

  private hold(bytes: Uint8Array): void {
    const total = this.held + bytes.length;
    if (total > this.partial.length) {
      // Doubling keeps the cost of a message that arrives byte by byte linear.
      const larger = new Uint8Array(Math.max(total, this.partial.length * 2, 64));
      larger.set(this.partial.subarray(0, this.held));
      this.partial = larger;
    }
    this.partial.set(bytes, this.held);
    this.held = total;
  }

  private messageLength(bytes: Uint8Array, at: number, offset: number): number {
    if (bytes[at] === 0) throw new DecodeError("bad-version", offset, "version", "version is 0");
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (length < HEADER_BYTES) {
      throw new DecodeError("bad-length", offset + 2, "length", `length ${length} is under 8`);
    }
    if (length > this.maxMessageBytes) {
      const limit = `length ${length} exceeds the limit of ${this.maxMessageBytes}`;
      throw new DecodeError("bad-length", offset + 2, "length", limit);
    }
    return length;
  }
}
