// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from "./errors.ts";
import { decodeText } from "./text.ts";

/** The fields of a run of fixed width, to name the truncated one in an error. */
export type Run = readonly (readonly [name: string, bytes: number])[];

const EMPTY = new Uint8Array(0);

/** Maximum nesting of messages in messages and actions in actions. */
export const MAX_DEPTH = 8;

// Messages of one socket chunk share its buffer; creating a DataView costs more than using it.
let lastBuffer: ArrayBufferLike | undefined;
let lastView: DataView = new DataView(EMPTY.buffer);

function viewOf(buffer: ArrayBufferLike): DataView {
  if (buffer !== lastBuffer) {
    lastView = new DataView(buffer);
    lastBuffer = buffer;
  }
  return lastView;
}

/**
 * Reads big-endian values from a byte string, never beyond `end`.
 *
 * `end` is the bound of the structure being read: {@link narrow} lowers it for a structure with its own
 * length, and {@link close} checks that the structure was consumed and restores it.
 * Positions count from the start of the underlying buffer; offsets in errors from the byte string.
 * Returned byte strings alias the input: copy what you keep.
 */
export class Reader {
  private readonly buffer: ArrayBufferLike;
  readonly view: DataView;
  readonly origin: number;
  pos: number;
  end: number;
  depth = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = bytes.buffer;
    this.view = viewOf(this.buffer);
    this.origin = bytes.byteOffset;
    this.pos = bytes.byteOffset;
    this.end = bytes.byteOffset + bytes.byteLength;
  }

  /** Bytes left inside the bounds. */
  get left(): number {
    return this.end - this.pos;
  }

  /** Consumes `bytes` bytes and returns the position of the first. */
  take(bytes: number, run?: Run): number {
    const start = this.pos;
    if (this.end - start < bytes) throw this.truncated(run);
    this.pos = start + bytes;
    return start;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  u48(): number {
    return this.u48At(this.take(6));
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8));
  }

  u128(): bigint {
    return this.u128At(this.take(16));
  }

  u48At(pos: number): number {
    return this.view.getUint16(pos) * 0x1_0000_0000 + this.view.getUint32(pos + 2);
  }

  u128At(pos: number): bigint {
    return (this.view.getBigUint64(pos) << 64n) | this.view.getBigUint64(pos + 8);
  }

  /** Fixed-width text: UTF-8 up to the first NUL. */
  textAt(pos: number, bytes: number): string {
    const field = new Uint8Array(this.buffer, pos, bytes);
    return decodeText(field, 0, bytes);
  }

  bytesAt(pos: number, bytes: number): Uint8Array {
    return bytes === 0 ? EMPTY : new Uint8Array(this.buffer, pos, bytes);
  }

  bytes(count: number): Uint8Array {
    return this.bytesAt(this.take(count), count);
  }

  /** Everything up to the bound. */
  rest(): Uint8Array {
    return this.bytes(this.end - this.pos);
  }

  /** Lowers the bound to `end` and returns the old one, for {@link close}. */
  narrow(end: number): number {
    const outer = this.end;
    if (end < this.pos || end > outer) throw this.badLength(end - this.pos);
    this.end = end;
    return outer;
  }

  /** Ends a narrowed structure, which must be consumed. */
  close(outer: number): void {
    if (this.pos !== this.end) {
      throw this.error("trailing-bytes", `${this.end - this.pos} bytes left over`);
    }
    this.end = outer;
  }

  error(code: DecodeError["code"], detail: string, pos = this.pos): DecodeError {
    return new DecodeError(code, pos - this.origin, "", detail);
  }

  private badLength(bytes: number): DecodeError {
    const have = this.end - this.pos;
    return bytes < 0
      ? this.error("bad-length", `length is ${-bytes} bytes too short for its structure`)
      : this.error("bad-length", `length exceeds the enclosing structure by ${bytes - have} bytes`);
  }

  private truncated(run: Run = []): DecodeError {
    let pos = this.pos;
    for (const [name, bytes] of run) {
      if (pos + bytes > this.end)
        return this.error("truncated", "ends early", this.end).within(name);
      pos += bytes;
    }
    return this.error("truncated", "ends early", this.end);
  }
}
