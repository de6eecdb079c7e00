// SPDX-License-Identifier: Apache-2.0
import { match, output } from "../openflow/index.ts";
import { Band, TAP_TABLE } from "./bands.ts";
import type { FlowSpec } from "./entry.ts";

/**
 * Sends what enters by a patch port to a monitor's port, before any other entry: copies that a bridge of OpenVTAP's
 * own has made.
 */
export function patchDelivery(inPort: number, out: number): FlowSpec {
  return {
    table: TAP_TABLE,
    priority: Band.recovery,
    match: match({ inPort }),
    category: "recovery",
    actions: [output(out)],
  };
}
