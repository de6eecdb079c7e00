// SPDX-License-Identifier: Apache-2.0
import { match, output } from "../openflow/index.ts";
import { Band, TAP_TABLE } from "./bands.ts";
import type { FlowSpec } from "./entry.ts";

/**
 * Sends the copies that come by a tunnel with a key to a monitor's port: whole frames, as they were when they entered
 * the tunnel.
 */
export function overlayRecovery(inPort: number, key: number, out: number): FlowSpec {
  return {
    table: TAP_TABLE,
    priority: Band.recovery,
    match: match({ inPort, tunnelId: BigInt(key) }),
    category: "recovery",
    actions: [output(out)],
  };
}
