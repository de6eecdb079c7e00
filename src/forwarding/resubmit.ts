import type { Action } from "../openflow/index.ts";

const NICIRA = 0x00002320;
const NXAST_RESUBMIT_TABLE = 14;
/** OFPP_IN_PORT of OpenFlow 1.0, as this action writes it: the port the frame came by. */
const IN_PORT = 0xfff8;

/**
 * Open vSwitch's `resubmit(,table)`: continues in another table and comes back, so that it can stand
 * in a bucket, where no goto-table can.
 */
export function resubmit(table: number): Action {
  const data = new Uint8Array(8);
  const view = new DataView(data.buffer);
  view.setUint16(0, NXAST_RESUBMIT_TABLE);
  view.setUint16(2, IN_PORT);
  view.setUint8(4, table);
  return { type: "experimenter", experimenter: NICIRA, data };
}
