// SPDX-License-Identifier: Apache-2.0
import { Band, type FlowSpec, TAP_TABLE } from "../flow-model/index.ts";
import { match } from "../openflow/index.ts";
import type { PortNo } from "../topology/index.ts";
import { cachedByPort } from "./cached-by-port.ts";
import { type PuntKind, probesFrom } from "./punt-rules.ts";

/**
 * The rules of a tap port, the same in every profile: what enters is dropped, before any rule that
 * recovers, copies or forwards; the entry counts it. With discovery, probes still reach the controller,
 * so that a cable that leads to another switch is noticed. `punts`: undefined without discovery.
 */
export function tapPortRules(port: PortNo, punts: PuntKind | undefined): readonly FlowSpec[] {
  return punts === undefined ? [dropAll(port, 0)] : [dropAll(port, 0), probes(port, punts)];
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

const probes = cachedByPort(
  (inPort: PortNo, kind: PuntKind): FlowSpec => probesFrom(inPort, Band.tapPort + 1, kind),
);
