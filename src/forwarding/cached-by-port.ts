// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../flow-model/index.ts";
import type { PortNo } from "../topology/index.ts";

/**
 * Caches the entry that a function makes for each port and variant: such entries are the same on every
 * switch, and can then be compared by identity. A port number that any switch uses is kept for ever.
 */
export function cachedByPort<Variant>(
  make: (port: PortNo, variant: Variant) => FlowSpec,
): (port: PortNo, variant: Variant) => FlowSpec {
  const known = new Map<Variant, Map<PortNo, FlowSpec>>();
  return (port, variant) => {
    const flows = known.get(variant) ?? new Map<PortNo, FlowSpec>();
    known.set(variant, flows);
    const flow = flows.get(port) ?? make(port, variant);
    flows.set(port, flow);
    return flow;
  };
}
