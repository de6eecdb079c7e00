// SPDX-License-Identifier: Apache-2.0
import { u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER_MEMBERS, PROPERTY, tlv } from "../schema/tlv.ts";
import { message } from "./message.ts";

/** Bit n of `mask`: messages with reason n are requested. */
const REASONS = { mask: u32 };

const asyncProperty = tlv(PROPERTY, {
  packetInSlave: [0, REASONS],
  packetInMaster: [1, REASONS],
  portStatusSlave: [2, REASONS],
  portStatusMaster: [3, REASONS],
  flowRemovedSlave: [4, REASONS],
  flowRemovedMaster: [5, REASONS],
  roleStatusSlave: [6, REASONS],
  roleStatusMaster: [7, REASONS],
  tableStatusSlave: [8, REASONS],
  tableStatusMaster: [9, REASONS],
  requestForwardSlave: [10, REASONS],
  requestForwardMaster: [11, REASONS],
  experimenterSlave: [0xfffe, EXPERIMENTER_MEMBERS],
  experimenterMaster: [0xffff, EXPERIMENTER_MEMBERS],
});

/** @spec OpenFlow 1.4.1 §7.3.10 */
export const getAsyncRequest = message(26, "getAsyncRequest", {});

/** Which asynchronous messages the controller receives. @spec OpenFlow 1.4.1 §7.3.10 */
export const getAsyncReply = message(27, "getAsyncReply", { properties: list(asyncProperty) });

/** @spec OpenFlow 1.4.1 §7.3.10 */
export const setAsync = message(28, "setAsync", { properties: list(asyncProperty) });
