// SPDX-License-Identifier: Apache-2.0
import { matchCodec } from "../oxm/match-codec.ts";
import { lengthOf, pad, rest, u8, u16, u32, u64 } from "../schema/field.ts";
import { actionsCodec } from "../structures/action.ts";
import { message } from "./message.ts";

/** A packet for the controller. `totalLen` is the frame's full length. @spec OpenFlow 1.4.1 §7.4.1 */
export const packetIn = message(10, "packetIn", {
  bufferId: u32,
  totalLen: u16,
  reason: u8,
  tableId: u8,
  cookie: u64,
  match: matchCodec,
  _: pad(2),
  data: rest,
});

/** Why a packet was sent to the controller. @spec OpenFlow 1.4.1 §7.4.1 */
export const PacketInReason = {
  TableMiss: 0,
  ApplyAction: 1,
  InvalidTtl: 2,
  ActionSet: 3,
  Group: 4,
  PacketOut: 5,
} as const;

/** A packet for the switch to send. @spec OpenFlow 1.4.1 §7.3.7 */
export const packetOut = message(13, "packetOut", {
  bufferId: u32,
  inPort: u32,
  _actionsLen: lengthOf("actions"),
  _: pad(6),
  actions: actionsCodec,
  data: rest,
});
