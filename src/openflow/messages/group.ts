// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u16, u32 } from "../schema/field.ts";
import { bucketsCodec } from "../structures/bucket.ts";
import { message } from "./message.ts";

/** Adds, changes or deletes a group. @spec OpenFlow 1.4.1 §7.3.4.3 */
export const groupMod = message(15, "groupMod", {
  command: u16,
  groupType: u8,
  _: pad(1),
  groupId: u32,
  buckets: bucketsCodec,
});

/** @spec OpenFlow 1.4.1 §7.3.4.3 */
export const GroupModCommand = { Add: 0, Modify: 1, Delete: 2 } as const;
