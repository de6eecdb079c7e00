// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a pcapng file as it arrives, in chunks of any size.
 *
 * @spec draft-ietf-opsawg-pcapng
 */

/** A frame of a capture; `bytes` are those captured, which may be fewer than were on the wire. */
export interface CapturedFrame {
  readonly bytes: Uint8Array;
  /** Bytes on the wire. */
  readonly length: number;
  /** Milliseconds since 1970, with fractions; absent where the block has no time. */
  readonly at?: number;
}

/** What a block says; others are passed over. */
export type PcapngRecord =
  | { readonly type: "frame"; readonly frame: CapturedFrame; readonly linkType: number }
  /** Frames that the capturing side has left out, since the beginning. */
  | { readonly type: "dropped"; readonly count: number };

export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const STATISTICS = 5;
const ENHANCED_PACKET = 6;

const TIME_RESOLUTION = 9;
const DROPPED = 5;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Units of its times in a second. */
  readonly unitsPerSecond: number;
}

export class PcapngReader {
  #rest: Uint8Array = new Uint8Array(0);
  #interfaces: Interface[] = [];
  #little = false;
  #isBroken = false;
  #consumed = 0;

  /** Bytes of the complete blocks so far: a file that is cut there is valid. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Whether something was read that is no block: nothing more is read then. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** What is complete with this chunk; never throws, whatever the bytes. */
  *read(chunk: Uint8Array): Generator<PcapngRecord> {
    const bytes = joined(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    try {
      while (!this.#isBroken && at + 12 <= view.byteLength) {
        if (view.getUint32(at) === SECTION_HEADER) {
          this.#little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
          this.#interfaces = [];
        }
        const type = view.getUint32(at, this.#little);
        const length = view.getUint32(at + 4, this.#little);
        if (length < 12 || length % 4 !== 0) {
          this.#isBroken = true;
          return;
        }
        if (at + length > view.byteLength) return;
        const body = new DataView(view.buffer, view.byteOffset + at + 8, length - 12);
        at += length;
        this.#consumed += length;
        const record = this.#record(type, body);
        if (record) yield record;
      }
    } finally {
      this.#rest = bytes.subarray(at);
    }
  }

  #record(type: number, body: DataView): PcapngRecord | undefined {
    const little = this.#little;
    switch (type) {
      case INTERFACE:
        if (body.byteLength >= 8) this.#interfaces.push(interfaceOf(body, little));
        return undefined;
      case ENHANCED_PACKET:
        return this.#enhanced(body);
      case SIMPLE_PACKET:
        return this.#simple(body);
      case STATISTICS: {
        const dropped = optionAt(body, 12, DROPPED, little);
        if (!dropped || dropped.byteLength < 8) return undefined;
        return { type: "dropped", count: Number(dropped.getBigUint64(0, little)) };
      }
      default:
        return undefined;
    }
  }

  #enhanced(body: DataView): PcapngRecord | undefined {
    if (body.byteLength < 20) return undefined;
    const little = this.#little;
    const from = this.#interfaces[body.getUint32(0, little)];
    const captured = body.getUint32(12, little);
    if (!from || 20 + captured > body.byteLength) return undefined;
    const units = body.getUint32(4, little) * 2 ** 32 + body.getUint32(8, little);
    const frame = {
      bytes: slice(body, 20, captured),
      length: body.getUint32(16, little),
      at: (units / from.unitsPerSecond) * 1000,
    };
    return { type: "frame", frame, linkType: from.linkType };
  }

  #simple(body: DataView): PcapngRecord | undefined {
    const [first] = this.#interfaces;
    if (!first || body.byteLength < 4) return undefined;
    const length = body.getUint32(0, this.#little);
    const limit = first.snapLength === 0 ? length : Math.min(length, first.snapLength);
    const captured = Math.min(limit, body.byteLength - 4);
    const frame = { bytes: slice(body, 4, captured), length };
    return { type: "frame", frame, linkType: first.linkType };
  }
}

function joined(rest: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (rest.length === 0) return chunk;
  const all = new Uint8Array(rest.length + chunk.length);
  all.set(rest);
  all.set(chunk, rest.length);
  return all;
}

function slice(view: DataView, start: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, length);
}

function interfaceOf(body: DataView, little: boolean): Interface {
  const resolution = optionAt(body, 8, TIME_RESOLUTION, little)?.getUint8(0) ?? 6;
  const exponent = resolution & 0x7f;
  return {
    linkType: body.getUint16(0, little),
    snapLength: body.getUint32(4, little),
    unitsPerSecond: (resolution & 0x80) === 0 ? 10 ** exponent : 2 ** exponent,
  };
}

/** The value of an option, of those from an offset on. */
function optionAt(
  body: DataView,
  start: number,
  searched: number,
  little: boolean,
): DataView | undefined {
  for (let at = start; at + 4 <= body.byteLength; ) {
    const code = body.getUint16(at, little);
    const length = body.getUint16(at + 2, little);
    if (code === 0 || at + 4 + length > body.byteLength) return undefined;
    if (code === searched && length > 0) {
      return new DataView(body.buffer, body.byteOffset + at + 4, length);
    }
    at += 4 + length + (-length & 3);
  }
  return undefined;
}
