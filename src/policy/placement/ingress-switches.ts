// SPDX-License-Identifier: Apache-2.0
import { type Dpid, isMirrored, type PortNo, type Topology } from "../../topology/index.ts";
import type { Policy } from "../model/policy.ts";

/** Most switches where frames are tapped as they enter: each takes rules of its own for every policy concerned. */
export const MOST_INGRESS_SWITCHES = 16;

/** Most of these switches times the views of the policy. */
const MOST_INGRESS_TAPS = 64;

/**
 * The switches where frames with a source address of a monitor's port are tapped as they enter, for a
 * policy that is tapped at its receiver's edge, on another switch than the monitor's: where they arrive by a link, a
 * frame of the monitor and one that forges its address are the same. All switches whose ports are known;
 * of too many, the monitor's and the one at the receiver's edge.
 */
export function ingressSwitches(
  { switches }: Topology,
  monitorAt: Dpid,
  receiverAt: Dpid,
  views: number,
): readonly Dpid[] {
  const all: Dpid[] = [];
  for (const { dpid, programmed, portsKnown, forwarding } of switches.values()) {
    // Frames that mirrors hand over have entered elsewhere.
    const isHandedOver = forwarding === "copies" || isMirrored(forwarding);
    if (programmed && portsKnown && !isHandedOver) all.push(dpid);
  }
  const areFew = all.length <= MOST_INGRESS_SWITCHES && all.length * views <= MOST_INGRESS_TAPS;
  if (areFew) return all;
  return all.filter((dpid) => dpid === monitorAt || dpid === receiverAt);
}

/** How many combinations of a sender, a receiver, a filter and a direction a policy has. */
export function viewsOf({ senders, receivers, filters, direction }: Policy): number {
  const directions = direction === "both" ? 2 : 1;
  return senders.length * receivers.length * filters.length * directions;
}

/** The ports of a switch by which frames arrive that have entered the network elsewhere, or never. */
export function innerPorts(topology: Topology, dpid: Dpid): readonly PortNo[] {
  return topology.linkPorts(dpid).map(([port]) => port);
}
