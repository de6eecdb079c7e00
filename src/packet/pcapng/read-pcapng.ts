// SPDX-License-Identifier: Apache-2.0
import { concatBytes, viewOf } from "../bytes.ts";
import { BlockType, BYTE_ORDER_MAGIC } from "./format.ts";
import type { CapturedFrame } from "./write-pcapng.ts";

/** A whole block of a capture file. */
export interface CaptureBlock {
  readonly bytes: Uint8Array;
  /** Undefined: the block is no frame. */
  readonly frame: CapturedFrame | undefined;
}

/** Longest block that is read, in bytes: a frame is much shorter. */
const MOST_BYTES = 1024 * 1024;

const LEAST_BYTES = 12;
const FRAME_HEADER_BYTES = 28;

/**
 * Reads a capture file of OpenVTAP in parts of any length, and gives its blocks as they become complete.
 * @spec draft-ietf-opsawg-pcapng §3.1
 */
export class PcapngReader {
  #rest: Uint8Array = new Uint8Array(0);
  #isFirst = true;

  /** The blocks that this part completes. @throws RangeError where it is no such file. */
  read(part: Uint8Array): CaptureBlock[] {
    this.#rest = concatBytes(this.#rest, part);
    const blocks: CaptureBlock[] = [];
    for (;;) {
      const length = this.#lengthOfNext();
      if (length === undefined || this.#rest.length < length) return blocks;
      const bytes = this.#rest.slice(0, length);
      this.#rest = this.#rest.subarray(length);
      blocks.push({ bytes, frame: frameOf(bytes) });
    }
  }

  #lengthOfNext(): number | undefined {
    if (this.#rest.length < LEAST_BYTES) return undefined;
    const view = viewOf(this.#rest);
    if (this.#isFirst) {
      const isCapture = view.getUint32(0, true) === BlockType.section;
      if (!isCapture || view.getUint32(8, true) !== BYTE_ORDER_MAGIC) {
        throw new RangeError("this is no capture file of OpenVTAP");
      }
      this.#isFirst = false;
    }
    const length = view.getUint32(4, true);
    if (length < LEAST_BYTES || length > MOST_BYTES || length % 4 !== 0) {
      throw new RangeError(`a block of the capture file says that it has ${length} bytes`);
    }
    return length;
  }
}

function frameOf(block: Uint8Array): CapturedFrame | undefined {
  const view = viewOf(block);
  if (view.getUint32(0, true) !== BlockType.packet) return undefined;
  const captured = block.length < FRAME_HEADER_BYTES + 4 ? undefined : view.getUint32(20, true);
  if (captured === undefined || FRAME_HEADER_BYTES + captured + 4 > block.length) {
    throw new RangeError("a frame of the capture file is longer than its block");
  }
  const at = (BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true));
  const bytes = block.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + captured);
  return { at, bytes, length: view.getUint32(24, true) };
}
