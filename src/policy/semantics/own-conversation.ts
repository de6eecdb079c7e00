// SPDX-License-Identifier: Apache-2.0
import { NO_PORT } from "../../flow-model/index.ts";
import type { Dpid, PortNo, Topology } from "../../topology/index.ts";
import type { FrameFields } from "../match-region/region.ts";
import { namesDevice } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
import { ingressSwitches, innerPorts, viewsOf } from "../placement/ingress-switches.ts";
import type { PlacedMonitor } from "../placement/placed-monitors.ts";
import { placeOf, presentPlaces } from "../placement/placement.ts";
import type { Edge, Ingress, View } from "./view.ts";

/** A port by which a frame enters a switch, and the edge as which it is tapped there. */
export type TappedAt = Ingress & { readonly edge: Edge };

/**
 * Whether a frame belongs to a monitor's own conversation: it is sent to the monitor, or it enters at
 * its port, from the monitor or a neighbour there, unless the policy names the sender as one device.
 */
export function isOwnConversation(
  { dpid, port, ownMacs }: PlacedMonitor,
  { from }: View,
  at: Ingress,
  { ethDst }: FrameFields,
): boolean {
  if (ownMacs.some((mac) => mac === ethDst)) return true;
  return !namesDevice(from) && at.dpid === dpid && at.inPort === port;
}

/**
 * Whether a switch cannot see whether a frame has entered at a monitor's port: it is tapped at the
 * receiver's edge on another switch, and has a source address of that port. It is copied where it enters.
 */
export function isLeftToIngress(
  { dpid, portMacs }: PlacedMonitor,
  { from }: View,
  at: TappedAt,
  { ethSrc }: FrameFields,
): boolean {
  if (namesDevice(from) || at.edge !== "receiver" || at.dpid === dpid) return false;
  return portMacs.some((mac) => mac === ethSrc);
}

/** The switches at whose receiver's edge a direction of a policy may tap frames. */
export function receiverSwitches({ from, to }: View, topology: Topology): ReadonlySet<Dpid> {
  const receiver = placeOf(topology, to, "receiver");
  if (namesDevice(from) || receiver.kind === "nowhere") return new Set();
  return new Set(presentPlaces(receiver.places).map(({ dpid }) => dpid));
}

/** A frame that enters at a port of a host, as it arrives at a switch: there by a link, if it is another one. */
export function arrivingAt(dpid: Dpid, entry: Ingress): Ingress {
  return dpid === entry.dpid ? entry : { dpid, inPort: NO_PORT as PortNo };
}

/** Whether frames with a source address of a monitor's port are copied where this one enters. */
export function isIngress(
  policy: Policy,
  topology: Topology,
  { dpid: monitorAt }: PlacedMonitor,
  receiverAt: Dpid,
  { dpid, inPort }: Ingress,
): boolean {
  const switches = ingressSwitches(topology, monitorAt, receiverAt, viewsOf(policy));
  return switches.includes(dpid) && !innerPorts(topology, dpid).includes(inPort);
}

/** The view as if its policy named the sender by the source address of a frame: it is fixed where it enters. */
export function fromSource(view: View, { ethSrc }: FrameFields): View {
  return { ...view, from: { ...view.from, mac: Number(ethSrc) } };
}
