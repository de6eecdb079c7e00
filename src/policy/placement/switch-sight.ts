// SPDX-License-Identifier: Apache-2.0
import type { Dpid, Topology } from "../../topology/index.ts";
import type { FragmentPorts } from "../match-region/ip-visibility.ts";

/** In which fragments a switch reads ports. */
export function fragmentPortsOf(topology: Topology, dpid: Dpid): FragmentPorts {
  const found = topology.switches.get(dpid);
  if (found?.isPlain) return "undetected";
  return found?.fragments === "match" ? "first" : "none";
}
