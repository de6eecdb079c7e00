// SPDX-License-Identifier: Apache-2.0
import { pad, selfLength, u8, u32, u64 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { struct } from "../schema/struct.ts";
import { bucketsCodec } from "../structures/bucket.ts";

/** `groupId` All: all groups. @spec OpenFlow 1.4.1 §7.3.5.9 */
export const groupStatsRequest = { groupId: u32, _: pad(4) };

const bucketCounterCodec = struct({ packetCount: u64, byteCount: u64 });

const groupStatsCodec = struct({
  _length: selfLength,
  _1: pad(2),
  groupId: u32,
  refCount: u32,
  _2: pad(4),
  packetCount: u64,
  byteCount: u64,
  durationSec: u32,
  durationNsec: u32,
  buckets: list(bucketCounterCodec),
});

/** Counters of groups. @spec OpenFlow 1.4.1 §7.3.5.9 */
export const groupStatsReply = { entries: list(groupStatsCodec) };

/** A group as it was configured. */
export const groupDescCodec = struct({
  _length: selfLength,
  groupType: u8,
  _: pad(1),
  groupId: u32,
  buckets: bucketsCodec,
});

/** Every group of the switch. @spec OpenFlow 1.4.1 §7.3.5.10 */
export const groupDescReply = { entries: list(groupDescCodec) };

/** Limits per group type; `…Actions` are bitmaps by action type. @spec OpenFlow 1.4.1 §7.3.5.11 */
export const groupFeaturesReply = {
  types: u32,
  capabilities: u32,
  maxGroupsAll: u32,
  maxGroupsSelect: u32,
  maxGroupsIndirect: u32,
  maxGroupsFastFailover: u32,
  actionsAll: u32,
  actionsSelect: u32,
  actionsIndirect: u32,
  actionsFastFailover: u32,
};

/** @spec OpenFlow 1.4.1 §7.3.5.11 */
export const GroupCapabilities = {
  SelectWeight: 1 << 0,
  SelectLiveness: 1 << 1,
  Chaining: 1 << 2,
  ChainingChecks: 1 << 3,
} as const;
