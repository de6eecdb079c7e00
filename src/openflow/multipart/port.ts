// SPDX-License-Identifier: Apache-2.0
import { pad, selfLength, u16, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";
import { portDescCodec } from "../structures/port.ts";

/** `portNo` Any: all ports. @spec OpenFlow 1.4.1 §7.3.5.6 */
export const portStatsRequest = { portNo: u32, _: pad(4) };

const portStatsProperty = tlv(PROPERTY, {
  ethernet: [
    0,
    {
      _: pad(4),
      rxFrameErrors: u64,
      rxOverErrors: u64,
      rxCrcErrors: u64,
      collisions: u64,
    },
  ],
  optical: [
    1,
    {
      _: pad(4),
      flags: u32,
      txFreqLmda: u32,
      txOffset: u32,
      txGridSpan: u32,
      rxFreqLmda: u32,
      rxOffset: u32,
      rxGridSpan: u32,
      txPower: u16,
      rxPower: u16,
      biasCurrent: u16,
      temperature: u16,
    },
  ],
  experimenter: [EXPERIMENTER, experimenterProperty],
});

const portStatsCodec = struct({
  _length: selfLength,
  _: pad(2),
  portNo: u32,
  durationSec: u32,
  durationNsec: u32,
  rxPackets: u64,
  txPackets: u64,
  rxBytes: u64,
  txBytes: u64,
  rxDropped: u64,
  txDropped: u64,
  rxErrors: u64,
  txErrors: u64,
  properties: list(portStatsProperty),
});

/** Counters of ports; all ones where a switch does not count. @spec OpenFlow 1.4.1 §7.3.5.6 */
export const portStatsReply = { entries: list(portStatsCodec) };

/** Every port of the switch. @spec OpenFlow 1.4.1 §7.3.5.7 */
export const portDescReply = { ports: list(portDescCodec) };

/** Which values of an optical port's counters are valid. @spec OpenFlow 1.4.1 §7.3.5.6 */
export const OpticalStatsFlags = {
  RxTune: 1 << 0,
  TxTune: 1 << 1,
  TxPower: 1 << 2,
  RxPower: 1 << 4,
  TxBias: 1 << 5,
  TxTemp: 1 << 6,
} as const;
