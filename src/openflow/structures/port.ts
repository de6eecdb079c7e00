// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import { pad, selfLength, text, u16, u32, u48 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";

/** Bits of a port's configuration. @spec OpenFlow 1.4.1 §7.2.1 */
export const PortConfig = {
  PortDown: 1 << 0,
  NoRecv: 1 << 2,
  NoFwd: 1 << 5,
  NoPacketIn: 1 << 6,
} as const;

/** Bits of a port's state. @spec OpenFlow 1.4.1 §7.2.1 */
export const PortState = { LinkDown: 1 << 0, Blocked: 1 << 1, Live: 1 << 2 } as const;

/** Bits of an Ethernet port's features. @spec OpenFlow 1.4.1 §7.2.1 */
export const PortFeatures = {
  Half10Mb: 1 << 0,
  Full10Mb: 1 << 1,
  Half100Mb: 1 << 2,
  Full100Mb: 1 << 3,
  Half1Gb: 1 << 4,
  Full1Gb: 1 << 5,
  Full10Gb: 1 << 6,
  Full40Gb: 1 << 7,
  Full100Gb: 1 << 8,
  Full1Tb: 1 << 9,
  Other: 1 << 10,
  Copper: 1 << 11,
  Fiber: 1 << 12,
  Autoneg: 1 << 13,
  Pause: 1 << 14,
  PauseAsym: 1 << 15,
} as const;

/** Bits of an optical port's features. @spec OpenFlow 1.4.1 §7.2.1 */
export const OpticalPortFeatures = {
  RxTune: 1 << 0,
  TxTune: 1 << 1,
  TxPower: 1 << 2,
  UseFrequency: 1 << 3,
} as const;

/** Properties of a port description; speeds in kb/s. */
const portDescProperty = tlv(PROPERTY, {
  ethernet: [
    0,
    {
      _: pad(4),
      current: u32,
      advertised: u32,
      supported: u32,
      peer: u32,
      currentSpeedKbps: u32,
      maxSpeedKbps: u32,
    },
  ],
  optical: [
    1,
    {
      _: pad(4),
      supported: u32,
      /** Frequencies in 10 MHz or wavelengths in 10 pm; powers in 0.1 dBm. */
      txMinFreqLmda: u32,
      txMaxFreqLmda: u32,
      txGridFreqLmda: u32,
      rxMinFreqLmda: u32,
      rxMaxFreqLmda: u32,
      rxGridFreqLmda: u32,
      txPowerMin: u16,
      txPowerMax: u16,
    },
  ],
  experimenter: [EXPERIMENTER, experimenterProperty],
});

/**
 * A port of a switch.
 * @spec OpenFlow 1.4.1 §7.2.1
 */
export const portDescCodec = struct({
  portNo: u32,
  _length: selfLength,
  _1: pad(2),
  hwAddr: u48,
  _2: pad(2),
  name: text(16),
  config: u32,
  state: u32,
  properties: list(portDescProperty),
});

/** A port of a switch. */
export type PortDesc = Infer<typeof portDescCodec>;
