// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** The frames of a growing pcap file: each is read once, in order, and kept. */
export class PcapReader {
  readonly #path: string;
  readonly #frames: Uint8Array[] = [];
  #offset = FILE_HEADER;

  constructor(path: string) {
    this.#path = path;
  }

  /** All frames written so far since the start or the last `forget`. */
  frames(): readonly Uint8Array[] {
    const bytes = this.#readNew();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + RECORD_HEADER <= bytes.length) {
      const length = view.getUint32(at + 8, true);
      const end = at + RECORD_HEADER + length;
      // The writer may be in the middle of a record: it is read next time.
      if (end > bytes.length) break;
      this.#frames.push(bytes.slice(at + RECORD_HEADER, end));
      at = end;
    }
    this.#offset += at;
    return this.#frames;
  }

  /** Discards the frames written so far. */
  forget(): void {
    this.frames();
    this.#frames.length = 0;
  }

  #readNew(): Uint8Array {
    const file = openSync(this.#path, "r");
    try {
      const bytes = new Uint8Array(Math.max(0, fstatSync(file).size - this.#offset));
      const read = readSync(file, bytes, 0, bytes.length, this.#offset);
      return bytes.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }
}
