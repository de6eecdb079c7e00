// SPDX-License-Identifier: Apache-2.0
import { pad, selfLength, u16, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";

/** `portNo` Any, `queueId` all ones: all. @spec OpenFlow 1.4.1 §7.3.5.8 */
export const queueStatsRequest = { portNo: u32, queueId: u32 };

/** @spec OpenFlow 1.4.1 §7.3.5.17 */
export const queueDescRequest = { portNo: u32, queueId: u32 };

const queueStatsCodec = struct({
  _length: selfLength,
  _: pad(6),
  portNo: u32,
  queueId: u32,
  txBytes: u64,
  txPackets: u64,
  txErrors: u64,
  durationSec: u32,
  durationNsec: u32,
  properties: list(tlv(PROPERTY, { experimenter: [EXPERIMENTER, experimenterProperty] })),
});

/** Counters of queues. @spec OpenFlow 1.4.1 §7.3.5.8 */
export const queueStatsReply = { entries: list(queueStatsCodec) };

/** Rates in tenths of a percent; above 1000: not configured. */
const queueDescProperty = tlv(PROPERTY, {
  minRate: [1, { rate: u16, _: pad(2) }],
  maxRate: [2, { rate: u16, _: pad(2) }],
  experimenter: [EXPERIMENTER, experimenterProperty],
});

const queueDescCodec = struct({
  portNo: u32,
  queueId: u32,
  _length: selfLength,
  _: pad(6),
  properties: list(queueDescProperty),
});

/** Configuration of queues. @spec OpenFlow 1.4.1 §7.3.5.17 */
export const queueDescReply = { entries: list(queueDescCodec) };
