import type { Action } from "../openflow/index.ts";

/** OFPP_IN_PORT as this action writes it, in 16 bits: the port the frame came by. */
const IN_PORT = 0xfff8;

/**
 * Open vSwitch's `resubmit(,table)`: continues in another table and comes back, so that it can stand
 * in a bucket, where no goto-table can.
 */
export function resubmit(tableId: number): Action {
  return { type: "nxResubmitTable", inPort: IN_PORT, tableId };
}
