// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import { pad, rest, u8, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, tlv } from "../schema/tlv.ts";

/**
 * Meter bands; rate and burst in the meter's unit (kb/s or packets/s).
 * @spec OpenFlow 1.4.1 §7.3.4.5
 */
const bandCodec = tlv(
  { padding: "inside", align: 1 },
  {
    drop: [1, { rate: u32, burstSize: u32, _: pad(4) }],
    dscpRemark: [2, { rate: u32, burstSize: u32, precLevel: u8, _: pad(3) }],
    experimenter: [EXPERIMENTER, { rate: u32, burstSize: u32, experimenter: u32, data: rest }],
  },
);

/** A band of a meter: its action above a rate. */
export type Band = Infer<typeof bandCodec>;

/** Bands up to the end of the bounds. */
export const bandsCodec = list(bandCodec);

/** Bits of a meter's flags. @spec OpenFlow 1.4.1 §7.3.4.5 */
export const MeterFlags = { Kbps: 1 << 0, Pktps: 1 << 1, Burst: 1 << 2, Stats: 1 << 3 } as const;
