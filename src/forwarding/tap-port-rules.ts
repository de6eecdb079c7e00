// SPDX-License-Identifier: Apache-2.0
import { Band, type FlowSpec, TAP_TABLE } from "../flow-model/index.ts";
import { match } from "../openflow/index.ts";
import type { PortNo } from "../topology/index.ts";
import { cachedByPort } from "./cached-by-port.ts";
import { probesFrom } from "./punt-rules.ts";

/**
 * The rules of a tap port, the same in every profile: what enters is dropped, before any rule that
 * recovers, copies or forwards; the entry counts it. With discovery, probes still reach the controller,
 * so that a cable that leads to another switch is noticed.
 */
export function tapPortRules(port: PortNo, discovers: boolean): readonly FlowSpec[] {
  return discovers ? [dropAll(port, 0), probes(port, 0)] : [dropAll(port, 0)];
}

const dropAll = cachedByPort((inPort: PortNo): FlowSpec => {
  const priority = Band.tapPort;
  return {
    table: TAP_TABLE,
    priority,
    match: match({ inPort }),
    category: "forwarding",
    actions: [],
  };
});

const probes = cachedByPort((inPort: PortNo): FlowSpec => probesFrom(inPort, Band.tapPort + 1));
