// SPDX-License-Identifier: Apache-2.0
import { NO_PORT } from "../../../flow-model/index.ts";
import { type Action, output } from "../../../openflow/index.ts";

/**
 * Sends nothing. It makes Open vSwitch 3.1 emit a datapath `clone`: a truncating output cannot be
 * undone in the datapath, so a `clone` that contains this action (or any truncating output) becomes a
 * real one, unless it is the last action. After a `clone` this action keeps it from being the last.
 * Shown against Open vSwitch by test/policy/on-ovs and test/simulation/simulated-switch.test.ts.
 */
export const FORCE_CLONE: Action = { type: "nxOutputTrunc", port: NO_PORT, maxLen: 14 };

/**
 * Outputs a copy by a port, truncated to so many bytes (Open vSwitch only). A truncating output to a
 * patch port, to IN_PORT or in a bucket silently drops the copy.
 *
 * Open vSwitch writes header changes to the datapath only before an output, and truncates before it
 * writes them: a copy whose tag is popped, or that follows a tagged copy in its group, would lose four
 * bytes more. Before a clone that is not the last action it writes the headers, so the truncating
 * output is in a clone.
 */
export function outputActions(port: number, truncate: number | undefined): readonly Action[] {
  if (truncate === undefined) return [output(port)];
  // The action has 16 bits for the port; reserved ports keep their lower half.
  const cut: Action = { type: "nxOutputTrunc", port: port & 0xffff, maxLen: truncate };
  return [{ type: "nxClone", actions: [cut] }, FORCE_CLONE];
}
