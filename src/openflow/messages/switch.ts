// SPDX-License-Identifier: Apache-2.0
import { pad, u8, u16, u32, u64 } from "../schema/field.ts";
import { message } from "./message.ts";

/** @spec OpenFlow 1.4.1 §7.3.1 */
export const featuresRequest = message(5, "featuresRequest", {});

/** Datapath id and capabilities of the switch. @spec OpenFlow 1.4.1 §7.3.1 */
export const featuresReply = message(6, "featuresReply", {
  datapathId: u64,
  nBuffers: u32,
  nTables: u8,
  auxiliaryId: u8,
  _: pad(2),
  capabilities: u32,
  reserved: u32,
});

/** Bits of `capabilities`. @spec OpenFlow 1.4.1 §7.3.1 */
export const Capabilities = {
  FlowStats: 1 << 0,
  TableStats: 1 << 1,
  PortStats: 1 << 2,
  GroupStats: 1 << 3,
  IpReasm: 1 << 5,
  QueueStats: 1 << 6,
  PortBlocked: 1 << 8,
} as const;

/** @spec OpenFlow 1.4.1 §7.3.2 */
export const getConfigRequest = message(7, "getConfigRequest", {});

/** @spec OpenFlow 1.4.1 §7.3.2 */
export const getConfigReply = message(8, "getConfigReply", { flags: u16, missSendLen: u16 });

/** `missSendLen`: bytes of a packet-in (0xffff: all). @spec OpenFlow 1.4.1 §7.3.2 */
export const setConfig = message(9, "setConfig", { flags: u16, missSendLen: u16 });

/**
 * How a switch handles IP fragments. `FragNxMatch` is Open vSwitch's: it reads the ports of first fragments.
 * @spec OpenFlow 1.4.1 §7.3.2; Open vSwitch include/openvswitch/ofp-switch.h, OFPUTIL_FRAG_NX_MATCH
 */
export const ConfigFlags = {
  FragNormal: 0,
  FragDrop: 1,
  FragReasm: 2,
  FragNxMatch: 3,
  FragMask: 3,
} as const;

/** All messages before the barrier are processed before the reply is sent. @spec OpenFlow 1.4.1 §7.3.8 */
export const barrierRequest = message(20, "barrierRequest", {});

/** @spec OpenFlow 1.4.1 §7.3.8 */
export const barrierReply = message(21, "barrierReply", {});
