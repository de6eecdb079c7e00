// SPDX-License-Identifier: Apache-2.0
import { frameFields } from "../packet/index.ts";
import type { Dpid, PortNo, Topology } from "../topology/index.ts";
import type { NetworkParts } from "./simulated-network.ts";

/** Addresses that are reserved for protocols between bridges. @spec IEEE 802.1Q §8.6.3 */
const RESERVED = { first: 0x0180c2000000, last: 0x0180c200000f } as const;

/**
 * Action NORMAL of switches that have learned the ports of all known hosts: a frame for one of them
 * takes the shortest path; all others are flooded to every edge port, tap ports included, and along the
 * spanning tree.
 */
export function learnedBridge(topology: Topology): NetworkParts["bridge"] {
  return (dpid, _inPort, bytes) => {
    const ethDst = frameFields(bytes)?.ethDst ?? 0;
    if (ethDst >= RESERVED.first && ethDst <= RESERVED.last) return [];
    return portToward(topology, dpid, ethDst) ?? floodPorts(topology, dpid);
  };
}

function portToward(topology: Topology, dpid: Dpid, ethDst: number): PortNo[] | undefined {
  const host = topology.hostByMac(ethDst);
  // No frame that enters by a tap port is learned from.
  if (host?.port === undefined || topology.isTapPort(host.dpid, host.port)) return undefined;
  const port = host.dpid === dpid ? host.port : topology.nextHop(dpid, host.dpid);
  return port === undefined ? undefined : [port];
}

function floodPorts(topology: Topology, dpid: Dpid): PortNo[] {
  const links = topology.linkPorts(dpid).filter(([, role]) => role === "tree");
  const hosts = [...topology.edgePorts(dpid), ...topology.tapPorts(dpid)];
  return [...hosts, ...links.map(([port]) => port)];
}
