// SPDX-License-Identifier: Apache-2.0
import type { Action } from "../openflow/index.ts";

/**
 * The controller id of OpenVTAP's connections to Open vSwitch: ASCII "vT". A switch passes a packet-in to the
 * connections with the id that the action names, and to no other controller. The id of every connection is 0
 * until it is set.
 */
export const CONTROLLER_ID = 0x7654;

/** Sends the frame to OpenVTAP, and to no other controller. Open vSwitch only. */
export function toOwnController(maxLen: number, meterId?: number, userdata?: Uint8Array): Action {
  return {
    type: "nxController2",
    properties: [
      { type: "maxLen", maxLen },
      { type: "controllerId", controllerId: CONTROLLER_ID },
      ...(userdata ? [{ type: "userdata" as const, data: userdata }] : []),
      ...(meterId === undefined ? [] : [{ type: "meterId" as const, meterId }]),
    ],
  };
}
