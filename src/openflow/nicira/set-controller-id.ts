// SPDX-License-Identifier: Apache-2.0
import type { MessageOf } from "../messages/index.ts";
import { OFP_VERSION } from "../messages/message.ts";
import { NICIRA } from "./family.ts";

const NXT_SET_CONTROLLER_ID = 20;
/** The id follows six bytes of zero. */
const BYTES = 8;
const ID_AT = 6;

/**
 * Sets the id of a connection to Open vSwitch, which receives the packet-ins of actions that name this id and
 * no others. The switch answers nothing.
 * @spec Open vSwitch include/openflow/nicira-ext.h, struct nx_controller_id
 */
export function setControllerId(id: number): MessageOf<"experimenter"> {
  const data = new Uint8Array(BYTES);
  new DataView(data.buffer).setUint16(ID_AT, id);
  return {
    version: OFP_VERSION,
    xid: 0,
    type: "experimenter",
    experimenter: NICIRA,
    expType: NXT_SET_CONTROLLER_ID,
    data,
  };
}
