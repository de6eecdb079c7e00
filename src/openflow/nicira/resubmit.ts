// SPDX-License-Identifier: Apache-2.0
import type { Action } from "../structures/action.ts";

/** OFPP_IN_PORT in the 16 bits of Nicira's actions: a resubmitted packet keeps its ingress port. */
export const NX_IN_PORT = 0xfff8;

/** The table number of a resubmit that stands for the present table. @spec ovs-actions(7), resubmit */
export const NX_PRESENT_TABLE = 0xff;

/**
 * Open vSwitch's `resubmit(,table)`: looks the packet up in another table and returns. Unlike goto-table it
 * is allowed in a bucket.
 * @spec ovs-actions(7), resubmit
 */
export function resubmit(tableId: number): Action {
  return { type: "nxResubmitTable", inPort: NX_IN_PORT, tableId };
}
