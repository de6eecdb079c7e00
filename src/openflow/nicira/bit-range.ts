// SPDX-License-Identifier: Apache-2.0
import { checkObject, checkUint } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { EncodeError } from "../wire/errors.ts";

/** Bits `ofs` to `ofs + nBits - 1` of a field; written `field[ofs..ofs+nBits-1]`. */
export interface BitRange {
  /** 0 to 1023. */
  readonly ofs: number;
  /** 1 to 64. */
  readonly nBits: number;
}

/** Ten bits of offset, six bits of width minus one. @spec Open vSwitch include/openflow/nicira-ext.h */
export const bitRangeCodec: Codec<BitRange> = plain({
  read(reader) {
    const packed = reader.u16();
    return { ofs: packed >> 6, nBits: (packed & 0x3f) + 1 };
  },
  write(writer, range) {
    checkObject(range);
    const ofs = checkUint("ofs", range.ofs, 2);
    const nBits = checkUint("nBits", range.nBits, 2);
    if (ofs > 0x3ff) throw new EncodeError("out-of-range", "ofs", `expected 0 to 1023, got ${ofs}`);
    if (nBits < 1 || nBits > 64) {
      throw new EncodeError("out-of-range", "nBits", `expected 1 to 64, got ${nBits}`);
    }
    writer.u16((ofs << 6) | (nBits - 1));
  },
});
