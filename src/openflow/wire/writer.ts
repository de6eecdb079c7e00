// SPDX-License-Identifier: Apache-2.0
import { EncodeError } from "./errors.ts";
import { encodeText } from "./text.ts";

/** Maximum length of an OpenFlow message: its length field has 16 bits. */
export const MAX_MESSAGE_BYTES = 0xffff;

// A slab starts a message only if one of maximum length fits, so that a message never moves: positions
// taken while it is written (for lengths patched later) stay valid.
const SLAB_BYTES = 4 * (MAX_MESSAGE_BYTES + 1);

/**
 * Writes big-endian values. Finished messages are views of a shared slab, as Node's small Buffers are of
 * its pool: nothing is copied, and a slab is freed with its last message.
 */
export class Writer {
  private buffer: ArrayBuffer = new ArrayBuffer(SLAB_BYTES);
  view: DataView = new DataView(this.buffer);
  pos = 0;
  start = 0;
  limit = 0;
  depth = 0;

  /** Starts a message. */
  begin(): void {
    if (this.pos + MAX_MESSAGE_BYTES > this.view.byteLength) {
      this.buffer = new ArrayBuffer(SLAB_BYTES);
      this.view = new DataView(this.buffer);
      this.pos = 0;
    }
    this.start = this.pos;
    this.limit = this.pos + MAX_MESSAGE_BYTES;
    this.depth = 0;
  }

  /** The message written since {@link begin}. */
  finish(): Uint8Array {
    return new Uint8Array(this.buffer, this.start, this.pos - this.start);
  }

  /** Discards everything written since {@link begin}. */
  abandon(): void {
    this.pos = this.start;
  }

  /**
   * Reserves `bytes` bytes and returns the position of the first.
   * @throws EncodeError `too-long` beyond 65535 bytes
   */
  claim(bytes: number): number {
    const start = this.pos;
    const next = start + bytes;
    if (next > this.limit) throw tooLong();
    this.pos = next;
    return start;
  }

  u8(value: number): void {
    this.view.setUint8(this.claim(1), value);
  }

  u16(value: number): void {
    this.view.setUint16(this.claim(2), value);
  }

  u32(value: number): void {
    this.view.setUint32(this.claim(4), value);
  }

  u48At(pos: number, value: number): void {
    this.view.setUint16(pos, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(pos + 2, value >>> 0);
  }

  u128At(pos: number, value: bigint): void {
    this.view.setBigUint64(pos, value >> 64n);
    this.view.setBigUint64(pos + 8, BigInt.asUintN(64, value));
  }

  zeros(bytes: number): void {
    this.zerosAt(this.claim(bytes), bytes);
  }

  zerosAt(pos: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.view.setUint8(pos + i, 0);
  }

  bytes(value: Uint8Array): void {
    const length = value.length;
    this.bytesAt(this.claim(length), value);
  }

  bytesAt(pos: number, value: Uint8Array): void {
    new Uint8Array(this.buffer, pos, value.length).set(value);
  }

  /** Writes text into a field of `bytes` bytes, padded with NUL. */
  textAt(pos: number, value: string, bytes: number): void {
    const encoded = encodeText(value);
    if (encoded.length > bytes) {
      throw new EncodeError(
        "too-long",
        "",
        `text takes ${encoded.length} bytes, more than ${bytes}`,
      );
    }
    if (encoded.includes(0)) throw new EncodeError("bad-text", "", "text contains NUL");
    for (let i = 0; i < bytes; i++) this.view.setUint8(pos + i, encoded[i] ?? 0);
  }
}

/** The error for a message beyond 65535 bytes; `path` is the first field beyond it. */
export function tooLong(path = ""): EncodeError {
  return new EncodeError("too-long", path, `message is longer than ${MAX_MESSAGE_BYTES} bytes`);
}
