// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { isGroupMac } from "../../openflow/index.ts";
import type { Dpid, Topology } from "../../topology/index.ts";
import { reverseField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { FragmentPorts } from "../match-region/ip-visibility.ts";
import type { FrameFields } from "../match-region/region.ts";
import { memberFor } from "../model/balance.ts";
import { addressTerms, isPortOnly } from "../model/party.ts";
import { isByEntries, type Party, type Policy, type Tunnel } from "../model/policy.ts";
import { combined, SAMPLE_PARTS, type Treatment, treatmentOf } from "../model/treatment.ts";
import { hostsIn, withHostAddresses } from "../placement/host-addresses.ts";
import { partiesIn } from "../placement/named-parties.ts";
import {
  isPlaced,
  isUp,
  type PlacedMonitor,
  placeMonitors,
  plainSwitchName,
  tunnelPortOf,
  whyUntreatable,
} from "../placement/placed-monitors.ts";
import { type Place, type Placement, placeOf, presentPlaces } from "../placement/placement.ts";
import { copiesFloods, fragmentPortsOf } from "../placement/switch-sight.ts";
import { isCarried, mayServe } from "./is-carried.ts";
import {
  arrivingAt,
  fromSource,
  isIngress,
  isLeftToIngress,
  isOwnConversation,
  receiverSwitches,
  type TappedAt,
} from "./own-conversation.ts";
import { copiesReserved, isReserved } from "./reserved-frames.ts";
import { verdict } from "./verdict.ts";
import type { Edge, Ingress, View } from "./view.ts";

/** The fields of a frame: the same at every switch, or as a switch reads them. */
export type FrameView = FrameFields | ((at: Dpid) => FrameFields);

/** A frame as the switch reads it where it enters. */
export interface SeenFrame {
  readonly fields: FrameFields;
  readonly ports: FragmentPorts;
}

/** A frame as a switch reads it. */
export function seenAt(topology: Topology, dpid: Dpid, frame: FrameView): SeenFrame {
  const fields = typeof frame === "function" ? frame(dpid) : frame;
  return { fields, ports: fragmentPortsOf(topology, dpid) };
}

/** The hashes by which flows are selected: equal for all frames of a flow, in both directions. */
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
  /** With a `limit`, copies above the rate may be dropped. */
  readonly treatment: Treatment;
}

/** What the copies owed depend on besides policies and topology. */
export interface OwedOptions {
  /** Default: those of a flow that is in every sample. */
  readonly hash?: FlowHash;
  /** Whether VLAN ids are reserved, so that any frame can be carried under a tag. Default: true. */
  readonly hasTags?: boolean;
}

/**
 * The reference semantics of policies, as plain as possible; the compiler is tested against it.
 * Returns the monitors that are owed a copy of a frame, each exactly one, by the identity of their
 * port. `path` lists every port by which the original enters a switch, beginning with the first, except
 * those where base forwarding drops it to avoid a loop.
 */
export function monitorsOwed(
  policies: Iterable<Policy>,
  topology: Topology,
  path: readonly Ingress[],
  frame: FrameView,
  { hash = FIRST_FLOW, hasTags = true }: OwedOptions = {},
): ReadonlyMap<string, OwedCopy> {
  const owed = new Map<string, OwedCopy>();
  for (const tapping of tappings(policies, topology, path, frame)) {
    const { policy, view, at, seen } = tapping;
    const { fields } = seen;
    if (isReserved(fields) && !copiesReserved(view, fields)) continue;
    for (const monitor of chosen(policy, topology, at.dpid, hash.balance)) {
      if (!isCopiedAt(tapping, monitor, topology)) continue;
      const from = at === tapping.arrival ? view : fromSource(view, fields);
      const copy = { policy, view: from, monitor, at, frame: fields };
      if (!isCarried(copy, topology, hasTags)) continue;
      const other = owed.get(monitor.key)?.treatment;
      const own = treatmentOf(policy);
      owed.set(monitor.key, { monitor, treatment: other ? combined(other, own) : own });
    }
  }
  for (const [key, { treatment }] of owed) {
    if (hash.sample >= (treatment.sample ?? SAMPLE_PARTS)) owed.delete(key);
  }
  return owed;
}

/** A direction of a policy that taps the frame at a point of its path. */
interface Tapping {
  readonly policy: Policy;
  readonly view: View;
  /** Where it is copied. */
  readonly at: TappedAt;
  /** Where it is tapped: the same, or the receiver's edge to which frames pass that are copied as they enter. */
  readonly arrival: TappedAt;
  readonly seen: SeenFrame;
}

function* tappings(
  policies: Iterable<Policy>,
  topology: Topology,
  path: readonly Ingress[],
  frame: FrameView,
): Iterable<Tapping> {
  // What enters by a tap port is dropped, before any copy is made.
  if (path.some((at) => topology.isTapPort(at.dpid, at.inPort))) return;
  const entering = path.map((at) => ({ at, seen: seenAt(topology, at.dpid, frame) }));
  for (const policy of policies) {
    if (!isByEntries(policy)) continue;
    for (const view of views(policy, topology)) {
      for (const { at, seen } of entering) {
        if (!selects(view, seen)) continue;
        const edge = tappedAt(view, topology, at, seen);
        const tapped = edge && { ...at, edge };
        if (tapped) yield { policy, view, at: tapped, arrival: tapped, seen };
      }
      const [entry] = entering;
      if (entry && selects(view, entry.seen)) {
        yield* ingressTappings(policy, view, topology, entry);
      }
    }
  }
}

/** Whether a monitor is owed a copy from here: not of its own conversation, and by one of the switches. */
function isCopiedAt(
  { policy, view, at, arrival, seen: { fields } }: Tapping,
  monitor: PlacedMonitor,
  topology: Topology,
): boolean {
  if (!mayServe(arrival, monitor, topology)) return false;
  if (isOwnConversation(monitor, view, at, fields)) return false;
  const isLeft = isLeftToIngress(monitor, view, arrival, fields);
  if (at === arrival) return !isLeft;
  return isLeft && isIngress(policy, topology, monitor, arrival.dpid, at);
}

/** Whether a frame satisfies the filters of a view, and none of its excludes. */
function selects({ filters, exclude }: View, seen: SeenFrame): boolean {
  if (!filters.every((term) => holds(term, seen))) return false;
  return !exclude.some((terms) => terms.every((term) => mayHold(term, seen)));
}

/** A direction of a policy, where the frame enters, for each switch at whose receiver's edge it taps frames. */
function* ingressTappings(
  policy: Policy,
  view: View,
  topology: Topology,
  { at, seen }: { readonly at: Ingress; readonly seen: SeenFrame },
): Iterable<Tapping> {
  for (const dpid of receiverSwitches(view, topology)) {
    const arrival = arrivingAt(dpid, at);
    const edge = tappedAt(view, topology, arrival, seen);
    if (edge !== "receiver") continue;
    yield { policy, view, at: { ...at, edge }, arrival: { ...arrival, edge }, seen };
  }
}

/** The monitors of a policy for one flow: of each balanced set, the one that gets the flow. */
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
    whyUntreatable(policy, from, monitor, (dpid) => plainSwitchName(topology, dpid)) === undefined;
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

function views(policy: Policy, topology: Topology): View[] {
  const { direction } = policy;
  const resolve = partiesIn(topology);
  const [senders, receivers] = [policy.senders.flatMap(resolve), policy.receivers.flatMap(resolve)];
  const own = defined({ project: policy.project });
  const known = (terms: readonly FilterTerm[]) =>
    terms.map((term) => withHostAddresses(term, hostsIn(topology)));
  const reverse = (terms: readonly FilterTerm[]) =>
    terms.map(({ field, alternatives }) => ({ field: reverseField(field), alternatives }));
  const exclude = policy.exclude.map(known);
  const reversed = exclude.map(reverse);
  return policy.filters.map(known).flatMap((filters) =>
    senders.flatMap((sender) =>
      receivers.flatMap((receiver) => {
        const forward: View = { from: sender, to: receiver, filters, exclude, ...own };
        const back = { filters: reverse(filters), exclude: reversed, ...own };
        const backward: View = { from: receiver, to: sender, ...back };
        return [
          ...(direction === "reverse" ? [] : [forward]),
          ...(direction === "forward" ? [] : [backward]),
        ];
      }),
    ),
  );
}

/** The edge as which a direction of a policy taps frames here; undefined: it does not. */
export function tappedAt(
  { from, to, project }: View,
  topology: Topology,
  at: Ingress,
  frame: SeenFrame,
): Edge | undefined {
  // The same as part of `carries`, before any host is looked up: a policy may have many senders.
  if (![...addressTerms(from, "Src"), ...addressTerms(to, "Dst")].every((t) => holds(t, frame))) {
    return undefined;
  }
  const sender = placeOf(topology, from, "sender");
  const receiver = placeOf(topology, to, "receiver");
  if (!carries(from, sender, "Src", frame)) return undefined;
  if (!carries(to, receiver, "Dst", frame)) return undefined;
  const port = isPortOnly(to) && receiver.kind === "exact" ? receiver.places[0] : undefined;
  if (isPortOnly(to) && !(port && leavesBy(port, topology, at, frame.fields))) return undefined;
  const isOwn = (place: Place) =>
    project === undefined || topology.projectAt(place.dpid, place.port) === project;
  const senders = placesOf(sender).filter(isOwn);
  const receivers = presentPlaces(placesOf(receiver)).filter(isOwn);
  const entersAtSender = senders.some((each) => each.dpid === at.dpid && each.port === at.inPort);
  const reachesReceiver = receivers.some(
    ({ dpid, mac }) => dpid === at.dpid && (port !== undefined || mac === frame.fields.ethDst),
  );
  const atSender = entersAtSender ? "sender" : undefined;
  const atReceiver = reachesReceiver ? "receiver" : undefined;
  if (sender.kind === "exact" && senders.length > 0) return atSender;
  if (receiver.kind === "exact" && receivers.length > 0) return atReceiver;
  return senders.length > 0 ? atSender : atReceiver;
}

function placesOf(placement: Placement): readonly Place[] {
  return placement.kind === "nowhere" ? [] : placement.places;
}

/** Whether a frame carries the addresses of its sender or receiver. */
export function carries(party: Party, placement: Placement, side: "Src" | "Dst", frame: SeenFrame) {
  if (placement.kind === "nowhere" && placement.matchesNothing) return false;
  if (party.host !== undefined) {
    if (placement.kind === "nowhere") return false;
    if (frame.fields[`eth${side}`] !== placement.places[0]?.mac) return false;
  }
  return addressTerms(party, side).every((term) => holds(term, frame));
}

/**
 * A frame leaves by a port if it is for a host there, or for a group or, where OpenVTAP floods, for an
 * unknown host; and if it did not enter by it.
 */
function leavesBy(place: Place, topology: Topology, at: Ingress, { ethDst }: FrameFields): boolean {
  if (at.dpid === place.dpid && at.inPort === place.port) return false;
  const host = topology.hostByMac(Number(ethDst));
  if (host?.port !== undefined) return host.dpid === place.dpid && host.port === place.port;
  if (copiesFloods(topology, place.dpid)) return true;
  return isGroupMac(Number(ethDst));
}

/** Whether a frame is seen to satisfy a term, as a filter requires. */
export function holds(term: FilterTerm, { fields, ports }: SeenFrame): boolean {
  return verdict(term, fields, ports) === "yes";
}

/** Whether a frame may satisfy a term, as far as the switch can see: an exclude then excludes it. */
export function mayHold(term: FilterTerm, { fields, ports }: SeenFrame): boolean {
  return verdict(term, fields, ports) !== "no";
}
