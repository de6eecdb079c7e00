// SPDX-License-Identifier: Apache-2.0
/**
 * OpenFlow 1.4 for Node: bytes to typed messages and back. No sockets, no dependencies.
 * @spec OpenFlow 1.4.1
 */
export * from "./messages/builders.ts";
export { BundleControlType, BundleFlags, type BundleProperty } from "./messages/bundle.ts";
export {
  decodeMessage,
  decodeMessageInterpreted,
  encodeMessage,
  encodeMessageInterpreted,
} from "./messages/codec.ts";
export * from "./messages/errors/errors.ts";
export { FlowModCommand, FlowModFlags, FlowRemovedReason } from "./messages/flow.ts";
export { GroupModCommand } from "./messages/group.ts";
export type { Message, MessageOf, MessageType } from "./messages/index.ts";
export { OFP_VERSION } from "./messages/message.ts";
export { MeterModCommand } from "./messages/meter.ts";
export { MultipartFlags } from "./messages/multipart/multipart.ts";
export {
  joinMultipart,
  MultipartAssembler,
  splitMultipart,
} from "./messages/multipart/multipart-parts.ts";
export { PacketInReason } from "./messages/packet.ts";
export { PortReason } from "./messages/port.ts";
export { ControllerRole, RoleReason } from "./messages/role.ts";
export { Capabilities, ConfigFlags } from "./messages/switch.ts";
export { TableReason } from "./messages/table.ts";
export { FlowMonitorCommand, FlowMonitorFlags } from "./multipart/flow-monitor.ts";
export { GroupCapabilities } from "./multipart/group.ts";
export type {
  FlowEntry,
  GroupDescEntry,
  MultipartReplyBody,
  MultipartRequestBody,
} from "./multipart/index.ts";
export { OpticalStatsFlags } from "./multipart/port.ts";
export type { NxAction } from "./nicira/actions.ts";
export type { BitRange } from "./nicira/bit-range.ts";
export type { CtZone, NxCt, NxNat } from "./nicira/ct.ts";
export { type ExperimenterAction, NICIRA } from "./nicira/family.ts";
export type { LearnField, LearnSpec } from "./nicira/learn.ts";
export {
  parseRegisterBit,
  type RegisterBit,
  registerName,
  setRegisterBit,
} from "./nicira/register-bit.ts";
export { NX_IN_PORT, NX_PRESENT_TABLE, resubmit } from "./nicira/resubmit.ts";
export { setControllerId } from "./nicira/set-controller-id.ts";
export * from "./oxm/index.ts";
export {
  type Action,
  group,
  output,
  popVlan,
  pushVlan,
  setField,
  setQueue,
} from "./structures/action.ts";
export type { ActionId } from "./structures/action-id.ts";
export { type Band, MeterFlags } from "./structures/band.ts";
export { type Bucket, bucket, GroupType } from "./structures/bucket.ts";
export {
  applyActions,
  gotoTable,
  type Instruction,
  meter,
  writeActions,
} from "./structures/instruction.ts";
export type { InstructionId } from "./structures/instruction-id.ts";
export {
  OpticalPortFeatures,
  PortConfig,
  type PortDesc,
  PortFeatures,
  PortState,
} from "./structures/port.ts";
export {
  GroupId,
  MeterId,
  NO_BUFFER,
  NO_TRUNCATION,
  Port,
  QueueId,
  TableId,
} from "./structures/reserved.ts";
export { EvictionFlags, TableConfig, type TableDesc } from "./structures/table-desc.ts";
export * from "./text/index.ts";
export {
  formatIpv4,
  formatIpv6,
  formatMac,
  isGroupMac,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "./wire/address.ts";
export {
  DecodeError,
  type DecodeErrorCode,
  EncodeError,
  type EncodeErrorCode,
} from "./wire/errors.ts";
export { Framer } from "./wire/framer.ts";
