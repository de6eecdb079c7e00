import { NO_PORT } from "../../../flow-model/index.ts";
import { type Action, output } from "../../../openflow/index.ts";

/**
 * Does nothing. Open vSwitch 3.1 cannot take it back, and so has the datapath make a clone for what is in
 * one with it; and it is something that follows.
 */
export const NO_OP_ACTION: Action = { type: "nxOutputTrunc", port: NO_PORT, maxLen: 14 };

/**
 * Lets a copy leave by a port, cut to so many bytes (Open vSwitch only). A truncating output to a patch
 * port, to IN_PORT or in a bucket drops the copy without a word.
 *
 * Open vSwitch changes headers in the datapath only when it must send, and cuts before that: a copy whose tag
 * is popped, or that follows one with a tag in its group, would lose four bytes more. Before a clone that is
 * not the last action it brings the headers up to date, so the cut is in one.
 */
export function leaveBy(port: number, truncate: number | undefined): readonly Action[] {
  if (truncate === undefined) return [output(port)];
  // It names ports by 16 bits: of the reserved ones, the lower half.
  const cut: Action = { type: "nxOutputTrunc", port: port & 0xffff, maxLen: truncate };
  return [{ type: "nxClone", actions: [cut] }, NO_OP_ACTION];
}
