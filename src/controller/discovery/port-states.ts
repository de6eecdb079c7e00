// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortAt, PortNo, PortRole, Topology } from "../../topology/index.ts";

/** The role of a port; undefined on a switch that is not programmed, and for an unknown port. */
export function roleOf(topology: Topology, dpid: Dpid, port: PortNo): PortRole | undefined {
  const found = topology.switches.get(dpid);
  return found?.programmed && found.ports.has(port) ? topology.portRole(dpid, port) : undefined;
}

/** Whether a port is known to be down, or not to exist. A switch that is away says nothing of its ports. */
export function isGone(topology: Topology, { dpid, port }: PortAt): boolean {
  const found = topology.switches.get(dpid);
  if (!found?.portsKnown) return found === undefined;
  return found.ports.get(port)?.up !== true;
}

/** Whether a port is up, or nothing is known of it: its switch has not connected yet, say. */
export function mayBeUp(topology: Topology, { dpid, port }: PortAt): boolean {
  const found = topology.switches.get(dpid);
  return !found?.portsKnown || found.ports.get(port)?.up === true;
}
