// SPDX-License-Identifier: Apache-2.0
import { matchCodec } from "../oxm/match-codec.ts";
import { u8, u16, u32, u64 } from "../schema/field.ts";
import { instructionsCodec } from "../structures/instruction.ts";
import { message } from "./message.ts";

/** Adds, changes or deletes flow entries; timeouts in seconds, 0 = never. @spec OpenFlow 1.4.1 §7.3.4.2 */
export const flowMod = message(14, "flowMod", {
  cookie: u64,
  cookieMask: u64,
  tableId: u8,
  command: u8,
  idleTimeout: u16,
  hardTimeout: u16,
  priority: u16,
  bufferId: u32,
  outPort: u32,
  outGroup: u32,
  flags: u16,
  importance: u16,
  match: matchCodec,
  instructions: instructionsCodec,
});

/** @spec OpenFlow 1.4.1 §7.3.4.2 */
export const FlowModCommand = {
  Add: 0,
  Modify: 1,
  ModifyStrict: 2,
  Delete: 3,
  DeleteStrict: 4,
} as const;

/** @spec OpenFlow 1.4.1 §7.3.4.2 */
export const FlowModFlags = {
  SendFlowRem: 1 << 0,
  CheckOverlap: 1 << 1,
  ResetCounts: 1 << 2,
  NoPacketCounts: 1 << 3,
  NoByteCounts: 1 << 4,
} as const;

/** A flow entry was removed. @spec OpenFlow 1.4.1 §7.4.2 */
export const flowRemoved = message(11, "flowRemoved", {
  cookie: u64,
  priority: u16,
  reason: u8,
  tableId: u8,
  durationSec: u32,
  durationNsec: u32,
  idleTimeout: u16,
  hardTimeout: u16,
  packetCount: u64,
  byteCount: u64,
  match: matchCodec,
});

/** @spec OpenFlow 1.4.1 §7.4.2 */
export const FlowRemovedReason = {
  IdleTimeout: 0,
  HardTimeout: 1,
  Delete: 2,
  GroupDelete: 3,
  MeterDelete: 4,
  Eviction: 5,
} as const;
