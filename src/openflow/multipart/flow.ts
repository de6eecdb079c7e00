// SPDX-License-Identifier: Apache-2.0
import { matchCodec } from "../oxm/match-codec.ts";
import { pad, selfLength, u8, u16, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { instructionsCodec } from "../structures/instruction.ts";

const FILTER = {
  tableId: u8,
  _1: pad(3),
  outPort: u32,
  outGroup: u32,
  _2: pad(4),
  cookie: u64,
  cookieMask: u64,
  match: matchCodec,
} as const;

/** Which flow entries: those that the match covers. @spec OpenFlow 1.4.1 §7.3.5.2 */
export const flowRequest = FILTER;

/** Which flow entries to add up. @spec OpenFlow 1.4.1 §7.3.5.3 */
export const aggregateRequest = FILTER;

/** A flow entry with its counters. */
export const flowEntryCodec = struct({
  _length: selfLength,
  tableId: u8,
  _1: pad(1),
  durationSec: u32,
  durationNsec: u32,
  priority: u16,
  idleTimeout: u16,
  hardTimeout: u16,
  flags: u16,
  importance: u16,
  _2: pad(2),
  cookie: u64,
  packetCount: u64,
  byteCount: u64,
  match: matchCodec,
  instructions: instructionsCodec,
});

/** Flow entries with their counters. @spec OpenFlow 1.4.1 §7.3.5.2 */
export const flowReply = { entries: list(flowEntryCodec) };

/** @spec OpenFlow 1.4.1 §7.3.5.3 */
export const aggregateReply = {
  packetCount: u64,
  byteCount: u64,
  flowCount: u32,
  _: pad(4),
};
