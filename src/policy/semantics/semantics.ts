import type { Dpid, PortNo, Topology } from "../../topology/index.ts";
import { and } from "../match-region/bits.ts";
import { reverseField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { FrameFields } from "../match-region/region.ts";
import { memberFor } from "../model/balance.ts";
import { addressTerms } from "../model/party.ts";
import type { Party, Policy, Tunnel } from "../model/policy.ts";
import { SAMPLE_PARTS, type Treatment, together, treatmentOf } from "../model/treatment.ts";
import {
  inability,
  isPlaced,
  isUp,
  type PlacedMonitor,
  placeMonitors,
  plainSwitch,
  tunnelPortOf,
} from "../placement/placed-monitors.ts";
import { type Place, type Placement, placeOf } from "../placement/placement.ts";

/** A frame where a switch sees it: as it enters by a port. */
export interface Sighting {
  readonly dpid: Dpid;
  readonly inPort: PortNo;
}

/** What a frame's flow is chosen by: equal for all frames of a flow, in both directions. */
export interface FlowHash {
  /** 0 to `SAMPLE_PARTS` - 1. */
  readonly sample: number;
  /** 0 to `BALANCE_PARTS` - 1. */
  readonly balance: number;
}

/** A flow that is in every sample. */
const FIRST_FLOW: FlowHash = { sample: 0, balance: 0 };

/** A copy that a monitor is owed. */
export interface OwedCopy {
  readonly monitor: PlacedMonitor;
  /** Its `limit` says that the copy may be dropped when there are too many. */
  readonly treatment: Treatment;
}

/**
 * What policies mean, said as plainly as it can be: the monitors that are owed a copy of a frame,
 * each exactly one, by the identity of their port. `way` are all the places where switches see the
 * original, from where it enters on, other than those where it ends lest it loop. The compiler is tested against this.
 */
export function monitorsOwed(
  policies: Iterable<Policy>,
  topology: Topology,
  way: readonly Sighting[],
  frame: FrameFields,
  hash: FlowHash = FIRST_FLOW,
): ReadonlyMap<string, OwedCopy> {
  const owed = new Map<string, OwedCopy>();
  if (isReserved(frame)) return owed;
  for (const policy of policies) {
    if (!policy.enabled) continue;
    for (const view of views(policy)) {
      for (const at of way) {
        const edge = tappedAt(view, topology, at, frame);
        if (edge === undefined) continue;
        if (!view.filters.every((term) => holds(term, frame))) continue;
        if (view.exclude.some((terms) => terms.every((term) => holds(term, frame)))) continue;
        for (const monitor of chosen(policy, topology, at.dpid, hash.balance)) {
          if (!isDeliverable({ policy, view, monitor }, topology, at.dpid, frame)) continue;
          if (isOwnConversation(monitor, view, { ...at, edge }, frame)) continue;
          const other = owed.get(monitor.key)?.treatment;
          const own = treatmentOf(policy);
          owed.set(monitor.key, { monitor, treatment: other ? together(other, own) : own });
        }
      }
    }
  }
  for (const [key, { treatment }] of owed) {
    if (hash.sample >= (treatment.sample ?? SAMPLE_PARTS)) owed.delete(key);
  }
  return owed;
}

/** The monitors of a policy for one flow: of each set the one that it falls to. */
function chosen(policy: Policy, topology: Topology, from: Dpid, hash: number): PlacedMonitor[] {
  const all = placeMonitors(topology, policy);
  const leaves = (monitor: PlacedMonitor, tunnel: Tunnel) =>
    typeof tunnelPortOf(topology, from, monitor, tunnel) === "number";
  const isInService = (each: (typeof all)[number] | undefined) => {
    if (each === undefined || !isPlaced(each)) return false;
    const { tunnel } = each.party;
    if (tunnel !== undefined) return leaves(each, tunnel);
    const isReached = each.dpid === from || topology.nextHop(from, each.dpid) !== undefined;
    return isUp(topology, each) && isReached;
  };
  const isAble = (monitor: PlacedMonitor) =>
    inability(policy, from, monitor, (dpid) => plainSwitch(topology, dpid)) === undefined;
  return all
    .filter(isPlaced)
    .filter((each) => each.party.tunnel === undefined || leaves(each, each.party.tunnel))
    .filter(isAble)
    .filter((monitor) => {
      const { set } = monitor.party;
      if (set === undefined) return true;
      const members = all.filter((_, index) => policy.monitors[index]?.set === set);
      const member = memberFor(hash, members.length, (index) => isInService(members[index]));
      return member !== undefined && members[member] === monitor;
    });
}

/**
 * Whether copies get to a monitor in the way that a policy insists on. Rewritten ones need both MAC
 * addresses of the frame, to put back, and the monitor's: the policy says where the frame is from, and
 * where it is for unless that is a host that is known.
 */
function isDeliverable(
  { policy, view, monitor }: { policy: Policy; view: View; monitor: PlacedMonitor },
  topology: Topology,
  at: Dpid,
  frame: FrameFields,
): boolean {
  const { from, to, filters } = view;
  const isOnWay = monitor.party.tunnel === undefined && monitor.dpid !== at;
  if (policy.delivery !== "rewrite" || !isOnWay) return true;
  const says = (party: Party, name: "ethSrc" | "ethDst") =>
    party.mac !== undefined ||
    party.host !== undefined ||
    filters.some(
      ({ field, alternatives }) =>
        field.name === name &&
        alternatives.some(({ value, mask }) => mask === field.fullMask && value === frame[name]),
    );
  const isKnown = topology.hostByMac(Number(frame.ethDst)) !== undefined;
  return monitor.mac !== undefined && says(from, "ethSrc") && (says(to, "ethDst") || isKnown);
}

/** One direction of a policy: who sends, who receives, what the frames on that way look like. */
interface View {
  readonly from: Party;
  readonly to: Party;
  readonly filters: readonly FilterTerm[];
  readonly exclude: readonly (readonly FilterTerm[])[];
}

function views({ sender, receiver, direction, filters, exclude }: Policy): View[] {
  const reverse = (terms: readonly FilterTerm[]) =>
    terms.map(({ field, alternatives }) => ({ field: reverseField(field), alternatives }));
  const forward: View = { from: sender, to: receiver, filters, exclude };
  const backward: View = {
    from: receiver,
    to: sender,
    filters: reverse(filters),
    exclude: exclude.map(reverse),
  };
  return [
    ...(direction === "reverse" ? [] : [forward]),
    ...(direction === "forward" ? [] : [backward]),
  ];
}

type Edge = "sender" | "receiver";

/** As whose edge a policy looks here for frames from the one end to the other, if this is one. */
export function tappedAt(
  { from, to }: View,
  topology: Topology,
  at: Sighting,
  frame: FrameFields,
): Edge | undefined {
  const sender = placeOf(topology, from, "sender");
  const receiver = placeOf(topology, to, "receiver");
  if (!carries(from, sender, "Src", frame)) return undefined;
  if (!carries(to, receiver, "Dst", frame)) return undefined;
  const port = isPortOnly(to) && receiver.kind === "exact" ? receiver.places[0] : undefined;
  if (isPortOnly(to) && !(port && leavesBy(port, topology, at, frame))) return undefined;
  const entersAtSender =
    sender.kind !== "nowhere" &&
    sender.places.some(({ dpid, port }) => dpid === at.dpid && port === at.inPort);
  const reachesReceiver =
    receiver.kind !== "nowhere" &&
    receiver.places.some(
      ({ dpid, mac }) => dpid === at.dpid && (port !== undefined || mac === frame.ethDst),
    );
  const atSender = entersAtSender ? "sender" : undefined;
  const atReceiver = reachesReceiver ? "receiver" : undefined;
  if (sender.kind === "exact") return atSender;
  if (receiver.kind === "exact") return atReceiver;
  return sender.kind === "spread" ? atSender : atReceiver;
}

/** Whether a frame carries the addresses of its sender or receiver. */
export function carries(
  party: Party,
  placement: Placement,
  side: "Src" | "Dst",
  frame: FrameFields,
) {
  if (placement.kind === "nowhere" && placement.isNobody) return false;
  if (party.host !== undefined) {
    if (placement.kind === "nowhere") return false;
    if (frame[`eth${side}`] !== placement.places[0]?.mac) return false;
  }
  return addressTerms(party, side).every((term) => holds(term, frame));
}

function isPortOnly({ port, mac, host }: Party): boolean {
  return port !== undefined && mac === undefined && host === undefined;
}

/** A frame leaves by a port when it is for a host there or for a group, and did not enter by it. */
function leavesBy(
  place: Place,
  topology: Topology,
  at: Sighting,
  { ethDst }: FrameFields,
): boolean {
  if (at.dpid === place.dpid && at.inPort === place.port) return false;
  const host = topology.hostByMac(Number(ethDst));
  if (host !== undefined) return host.dpid === place.dpid && host.port === place.port;
  return Math.floor(Number(ethDst) / 2 ** 40) % 2 === 1;
}

export function holds({ field, alternatives }: FilterTerm, frame: FrameFields): boolean {
  const value = frame[field.name];
  if (value === undefined) return false;
  return alternatives.some((each) => and(value, each.mask) === each.value);
}

/**
 * What is sent to a monitor; and what enters at its port, be it from the monitor or a neighbour
 * there, unless the sender is a device by name: known by its port at the sender's edge and on its own
 * switch, elsewhere by its source address.
 */
export function isOwnConversation(
  { dpid, port, ownMacs, portMacs }: PlacedMonitor,
  { from }: View,
  at: Sighting & { readonly edge: Edge },
  { ethDst, ethSrc }: FrameFields,
) {
  if (ownMacs.some((mac) => mac === ethDst)) return true;
  if (from.mac !== undefined || from.host !== undefined) return false;
  if (at.dpid === dpid) return at.inPort === port;
  return at.edge === "receiver" && portMacs.some((mac) => mac === ethSrc);
}

/** Frames that no bridge forwards (IEEE 802.1Q §8.6.3). */
export function isReserved({ ethDst }: FrameFields): boolean {
  return typeof ethDst === "number" && ethDst >= 0x0180c2000000 && ethDst <= 0x0180c200000f;
}
