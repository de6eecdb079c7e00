import { type Action, output } from "../../openflow/index.ts";

/**
 * Lets a copy leave by a port, cut to so many bytes (Open vSwitch only). A truncating output to a patch
 * port, to IN_PORT or in a bucket drops the copy without a word.
 */
export function leaveBy(port: number, truncate: number | undefined): Action {
  if (truncate === undefined) return output(port);
  // It names ports by 16 bits: of the reserved ones, the lower half.
  return { type: "nxOutputTrunc", port: port & 0xffff, maxLen: truncate };
}
