// SPDX-License-Identifier: Apache-2.0
import { pad, selfLength, u8, u16, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { bandsCodec } from "../structures/band.ts";

/** `meterId` All: all meters. @spec OpenFlow 1.4.1 §7.3.5.12 */
export const meterStatsRequest = { meterId: u32, _: pad(4) };

/** @spec OpenFlow 1.4.1 §7.3.5.13 */
export const meterConfigRequest = { meterId: u32, _: pad(4) };

const bandCounterCodec = struct({ packetCount: u64, byteCount: u64 });

const meterStatsCodec = struct({
  meterId: u32,
  _length: selfLength,
  _: pad(6),
  flowCount: u32,
  packetInCount: u64,
  byteInCount: u64,
  durationSec: u32,
  durationNsec: u32,
  bands: list(bandCounterCodec),
});

/** Counters of meters. @spec OpenFlow 1.4.1 §7.3.5.12 */
export const meterStatsReply = { entries: list(meterStatsCodec) };

const meterConfigCodec = struct({
  _length: selfLength,
  flags: u16,
  meterId: u32,
  bands: bandsCodec,
});

/** Every meter of the switch. @spec OpenFlow 1.4.1 §7.3.5.13 */
export const meterConfigReply = { entries: list(meterConfigCodec) };

/** `bandTypes`: bitmap by band type; `capabilities`: meter flags. @spec OpenFlow 1.4.1 §7.3.5.14 */
export const meterFeaturesReply = {
  maxMeters: u32,
  bandTypes: u32,
  capabilities: u32,
  maxBands: u8,
  maxColor: u8,
  _: pad(2),
};
