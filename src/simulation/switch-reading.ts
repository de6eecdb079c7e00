// SPDX-License-Identifier: Apache-2.0
import type { ReadingOptions } from "../packet/index.ts";
import type { Dpid, Topology } from "../topology/index.ts";

/** How a switch of a topology parses frames. */
export function readingOf(topology: Topology, dpid: Dpid): ReadingOptions {
  const { fragments, parsedTags = 1 } = topology.switches.get(dpid) ?? {};
  return { fragmentPorts: fragments === "match", vlanLimit: parsedTags };
}
