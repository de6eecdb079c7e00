// SPDX-License-Identifier: Apache-2.0
import type { Action } from "../openflow/index.ts";

/** OFPP_IN_PORT in the 16 bits of this action: keeps the ingress port. */
const IN_PORT = 0xfff8;

/**
 * Open vSwitch's `resubmit(,table)`: looks the frame up in another table and returns. Unlike
 * goto-table it is allowed in a bucket.
 */
export function resubmit(tableId: number): Action {
  return { type: "nxResubmitTable", inPort: IN_PORT, tableId };
}
