// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo, Topology } from "../../topology/index.ts";
import type { FragmentPorts } from "../match-region/ip-visibility.ts";
import { mirroredPort } from "./mirrored-ports.ts";
import type { TapPointQuery } from "./tap-points.ts";

/** In which fragments a switch reads ports. */
export function fragmentPortsOf(topology: Topology, dpid: Dpid): FragmentPorts {
  const found = topology.switches.get(dpid);
  if (found?.isPlain) return "undetected";
  return found?.fragments === "match" ? "first" : "none";
}

/**
 * Whether a switch drops the innermost tag of a frame with two when another is pushed: one that parses
 * several tags keeps two.
 */
export function dropsInnerTags(topology: Topology, dpid: Dpid): boolean {
  return (topology.switches.get(dpid)?.parsedTags ?? 1) > 1;
}

/** Most known hosts with which floods for unknown hosts are copied: each host takes one rule of the policy. */
export const MOST_KNOWN_HOSTS = 1000;

/** Whether a switch floods frames for hosts that OpenVTAP does not know: others decide by themselves. */
export function floodsUnknown(topology: Topology, dpid: Dpid): boolean {
  return topology.switches.get(dpid)?.forwarding === "paths";
}

/** Whether the frames for unknown hosts that a switch floods count among those that leave by a port. */
export function copiesFloods(topology: Topology, dpid: Dpid): boolean {
  return floodsUnknown(topology, dpid) && topology.hosts.size <= MOST_KNOWN_HOSTS;
}

/** What tap points depend on in a topology. */
export function tapPointsIn(topology: Topology): TapPointQuery {
  return {
    macsAt: ({ dpid, port }) => topology.macsAt(dpid, port),
    copiesFloods: (dpid) => copiesFloods(topology, dpid),
    mirroredPort: ({ dpid, port }, use) => mirroredPort(topology, { dpid, port, use }),
  };
}

/** The hosts that have a place other than this port: base forwarding does not flood their frames. */
export function* knownElsewhere(
  { hosts }: Topology,
  { dpid, port }: { readonly dpid: Dpid; readonly port: PortNo },
): Iterable<number> {
  for (const host of hosts.values()) {
    if (host.port !== undefined && (host.dpid !== dpid || host.port !== port)) yield host.mac;
  }
}
