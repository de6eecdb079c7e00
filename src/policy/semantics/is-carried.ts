// SPDX-License-Identifier: Apache-2.0
import type { Dpid, Topology } from "../../topology/index.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { FrameFields } from "../match-region/region.ts";
import { namesDevice } from "../model/party.ts";
import type { Party, Policy } from "../model/policy.ts";
import { besideName, untappable } from "../placement/beside.ts";
import { isPlaced, type PlacedMonitor, placeMonitors } from "../placement/placed-monitors.ts";
import { isReserved } from "./reserved-frames.ts";
import type { Edge, Ingress, View } from "./view.ts";

/** A direction of a policy that taps a frame for a monitor. */
interface CarriedCopy {
  readonly policy: Policy;
  readonly view: View;
  readonly monitor: PlacedMonitor;
  readonly at: Ingress & { readonly edge: Edge };
  readonly frame: FrameFields;
}

/**
 * Whether a copy can be carried to its monitor by the delivery that a policy requests. A rewritten copy
 * needs both MAC addresses of the frame fixed, and that of the monitor known; a one-sided mark needs one
 * address fixed, and direct links; a tag needs reserved VLAN ids. Copies cross no switch where another
 * application owns every table.
 */
export function isCarried(copy: CarriedCopy, topology: Topology, hasTags: boolean): boolean {
  const { policy, monitor, at } = copy;
  const { delivery } = policy;
  if (!mayServe(at, monitor, topology)) return false;
  if (monitor.party.tunnel !== undefined || monitor.dpid === at.dpid) return true;
  if (topology.copyNextHop(at.dpid, monitor.dpid) === undefined) return false;
  if (hasTags && (delivery === "tag" || delivery === "auto")) return true;
  const hasSource = isSourceFixed(copy, topology);
  // The reserved addresses are distinguished one by one.
  const hasDestination = isReserved(copy.frame) || isDestinationFixed(copy, topology);
  const isPair = monitor.mac !== undefined && hasSource;
  const canMark =
    (delivery === "mark" || delivery === "auto") &&
    isDirect(at.dpid, monitor, topology) &&
    (hasSource || hasDestination);
  const canRewrite =
    (delivery === "rewrite" || delivery === "auto") &&
    isPair &&
    (hasDestination || isDestinationKnown(copy, topology));
  return canMark || canRewrite;
}

/**
 * Whether frames are tapped at a switch for a monitor: where another application owns every table only for monitors
 * there, or behind a tunnel, and from other switches for none there.
 */
export function mayServe(
  { dpid }: { readonly dpid: Dpid },
  monitor: PlacedMonitor,
  topology: Topology,
): boolean {
  if (untappable(topology, dpid) !== undefined) return false;
  if (monitor.party.tunnel !== undefined || monitor.dpid === dpid) return true;
  return [dpid, monitor.dpid].every((each) => besideName(topology, each) === undefined);
}

/** The policy names the source, or it is a host known at the port where the frame is tapped. */
function isSourceFixed(copy: CarriedCopy, topology: Topology): boolean {
  const { view, policy, at, frame } = copy;
  if (isNamed(view.from, view.filters, "ethSrc", frame)) return true;
  if (policy.delivery !== "auto" && policy.delivery !== "mark") return false;
  // Known sources are distinguished only where a mark needs them.
  const isMarked = placeMonitors(topology, policy)
    .filter(isPlaced)
    .some((each) => each.party.tunnel === undefined && isDirect(at.dpid, each, topology));
  if (!isMarked || isDestinationFixed(copy, topology)) return false;
  const source = Number(frame.ethSrc);
  return at.edge === "sender"
    ? topology.macsAt(at.dpid, at.inPort).includes(source)
    : topology.hostByMac(source) !== undefined;
}

/** The policy names the destination, or it is known because it taps the receiver's edge. */
function isDestinationFixed({ view, at, frame }: CarriedCopy, topology: Topology): boolean {
  const { to, filters } = view;
  if (isNamed(to, filters, "ethDst", frame)) return true;
  if (to.port !== undefined) return topology.hostByMac(Number(frame.ethDst))?.port !== undefined;
  return at.edge === "receiver";
}

/** The switch handles frames for this destination apart from others. */
function isDestinationKnown({ policy, at, frame }: CarriedCopy, topology: Topology): boolean {
  const address = Number(frame.ethDst);
  const host = topology.hostByMac(address);
  if (host === undefined) return false;
  if (policy.delivery === "rewrite") return true;
  const monitors = placeMonitors(topology, policy).filter(isPlaced);
  if (monitors.some(({ ownMacs }) => ownMacs.includes(address))) return true;
  const isPlacedHost = host.port !== undefined && !topology.isLinkPort(host.dpid, host.port);
  const isReached = host.dpid === at.dpid || topology.nextHop(at.dpid, host.dpid) !== undefined;
  return topology.switches.get(at.dpid)?.forwarding === "paths" && isPlacedHost && isReached;
}

function isNamed(
  party: Party,
  filters: readonly FilterTerm[],
  name: "ethSrc" | "ethDst",
  frame: FrameFields,
): boolean {
  if (namesDevice(party)) return true;
  return filters.some(
    ({ field, alternatives }) =>
      field.name === name &&
      alternatives.some(({ value, mask }) => mask === field.fullMask && value === frame[name]),
  );
}

function isDirect(from: Dpid, { dpid }: PlacedMonitor, topology: Topology): boolean {
  return topology.directNextHop(from, dpid) !== undefined;
}
