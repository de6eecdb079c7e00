import { u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { variant } from "../schema/struct.ts";
import { EXPERIMENTER_MEMBERS, PROPERTY, tlv } from "../schema/tlv.ts";
import { message } from "./message.ts";

/** Bit n of `mask`: messages with reason n are wanted. */
function reasons<const K extends string>(type: K) {
  return variant(type, { mask: u32 });
}

const asyncProperty = tlv(PROPERTY, {
  packetInSlave: [0, reasons("packetInSlave")],
  packetInMaster: [1, reasons("packetInMaster")],
  portStatusSlave: [2, reasons("portStatusSlave")],
  portStatusMaster: [3, reasons("portStatusMaster")],
  flowRemovedSlave: [4, reasons("flowRemovedSlave")],
  flowRemovedMaster: [5, reasons("flowRemovedMaster")],
  roleStatusSlave: [6, reasons("roleStatusSlave")],
  roleStatusMaster: [7, reasons("roleStatusMaster")],
  tableStatusSlave: [8, reasons("tableStatusSlave")],
  tableStatusMaster: [9, reasons("tableStatusMaster")],
  requestForwardSlave: [10, reasons("requestForwardSlave")],
  requestForwardMaster: [11, reasons("requestForwardMaster")],
  experimenterSlave: [0xfffe, variant("experimenterSlave", EXPERIMENTER_MEMBERS)],
  experimenterMaster: [0xffff, variant("experimenterMaster", EXPERIMENTER_MEMBERS)],
});

/** @spec OpenFlow 1.4.1 §7.3.10 */
export const getAsyncRequest = message(26, "getAsyncRequest", {});

/** Which asynchronous messages the controller gets. @spec OpenFlow 1.4.1 §7.3.10 */
export const getAsyncReply = message(27, "getAsyncReply", { properties: list(asyncProperty) });

/** @spec OpenFlow 1.4.1 §7.3.10 */
export const setAsync = message(28, "setAsync", { properties: list(asyncProperty) });
