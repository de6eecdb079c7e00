// SPDX-License-Identifier: Apache-2.0
import { matchCodec } from "../oxm/match-codec.ts";
import { pad, u8, u16, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { tlv } from "../schema/tlv.ts";
import { instructionsCodec } from "../structures/instruction.ts";

const monitorCodec = struct({
  monitorId: u32,
  outPort: u32,
  outGroup: u32,
  flags: u16,
  tableId: u8,
  command: u8,
  match: matchCodec,
});

/** Monitors to add, change or delete. @spec OpenFlow 1.4.1 §7.3.5.18 */
export const flowMonitorRequest = { monitors: list(monitorCodec) };

const FULL = {
  tableId: u8,
  reason: u8,
  idleTimeout: u16,
  hardTimeout: u16,
  priority: u16,
  _: pad(4),
  cookie: u64,
  match: matchCodec,
  instructions: instructionsCodec,
} as const;

const update = tlv(
  { padding: "inside", align: 8, lengthFirst: true },
  {
    initial: [0, FULL],
    added: [1, FULL],
    removed: [2, FULL],
    modified: [3, FULL],
    /** A change this controller made itself, by the xid of its flow-mod. */
    abbrev: [4, { xid: u32 }],
    paused: [5, { _: pad(4) }],
    resumed: [6, { _: pad(4) }],
  },
);

/** What happened to monitored flow entries. @spec OpenFlow 1.4.1 §7.3.5.18.3 */
export const flowMonitorReply = { updates: list(update) };

/** @spec OpenFlow 1.4.1 §7.3.5.18.1 */
export const FlowMonitorCommand = { Add: 0, Modify: 1, Delete: 2 } as const;

/** @spec OpenFlow 1.4.1 §7.3.5.18.1 */
export const FlowMonitorFlags = {
  Initial: 1 << 0,
  Add: 1 << 1,
  Removed: 1 << 2,
  Modify: 1 << 3,
  Instructions: 1 << 4,
  NoAbbrev: 1 << 5,
  OnlyOwn: 1 << 6,
} as const;
