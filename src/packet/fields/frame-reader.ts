// SPDX-License-Identifier: Apache-2.0
/** Reads a frame from front to back; `limit` ends it early where a header gives a shorter length. */
export class FrameReader {
  readonly #view: DataView;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Number of bytes left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Ends the readable part `length` bytes from here: the rest is padding. */
  limit(length: number): void {
    this.#end = this.#at + length;
  }

  /** Advances; false, without advancing, when fewer bytes are left. */
  skip(length: number): boolean {
    if (length > this.left) return false;
    this.#at += length;
    return true;
  }

  /** All readers take an offset from the current position and do not advance. */
  u8(offset: number): number {
    return this.#view.getUint8(this.#at + offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#at + offset);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at + offset);
  }

  u48(offset: number): number {
    return this.u16(offset) * 2 ** 32 + this.u32(offset + 2);
  }

  u128(offset: number): bigint {
    const high = this.#view.getBigUint64(this.#at + offset);
    return (high << 64n) | this.#view.getBigUint64(this.#at + offset + 8);
  }
}
