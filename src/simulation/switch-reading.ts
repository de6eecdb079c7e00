// SPDX-License-Identifier: Apache-2.0
import type { ReadingOptions } from "../packet/index.ts";
import type { Dpid, Topology } from "../topology/index.ts";

/** How a switch of a topology parses frames. */
export function readingOf(topology: Topology, dpid: Dpid): ReadingOptions {
  return { fragmentPorts: topology.switches.get(dpid)?.fragments === "match" };
}
