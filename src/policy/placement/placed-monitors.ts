// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import { formatMac } from "../../openflow/wire/address.ts";
import {
  type Dpid,
  formatIpAddress,
  type IpAddress,
  type PortNo,
  type Topology,
} from "../../topology/index.ts";
import { type Part, partsOf } from "../model/balance.ts";
import { formatParty } from "../model/party.ts";
import type { Monitor, Policy, Tunnel } from "../model/policy.ts";
import type { Overlay } from "./overlay.ts";
import { endsIn, type LocateEnd } from "./placed-ends.ts";
import { describePlace, type Place, placeOf, portOf } from "./placement.ts";
import { type ProjectAt, projectsIn } from "./project-ports.ts";

/** A monitor with its place in the network. */
export interface PlacedMonitor {
  /** The identifier in the policy. */
  readonly party: Monitor;
  /** Identity: the port. Two identifiers of one port are one monitor, which gets a frame once. */
  readonly key: string;
  readonly dpid: Dpid;
  readonly port: PortNo;
  /** The address that rewritten copies get; undefined for a port at which no host is known. */
  readonly mac?: number;
  /** Frames for these addresses are its own: its address; for a port as such, all hosts there. */
  readonly ownMacs: readonly number[];
  /** The source addresses of frames that enter at its port: all hosts known there; none at a tap port. */
  readonly portMacs: readonly number[];
  /** The flows that it gets as a member of a balanced set; undefined: all. */
  readonly share?: readonly Part[];
  /** The addresses, one per family, that copies get as IP destination; undefined: not rewritten. */
  readonly rewriteTo?: readonly IpAddress[];
  /** The port of the tap point's switch by which its copies enter their tunnel. */
  readonly tunnelPort?: TunnelPort;
  /**
   * The port of the tap point's switch that is patched to the monitor's port, and the entry at the monitor's switch
   * that sends its frames there; absent: there is none.
   */
  readonly patch?: { readonly port: PortNo; readonly entry: EntryRef };
  /** The tunnel by which copies of a bridge of OpenVTAP's own reach it at another one; absent: by none. */
  readonly overlay?: Overlay;
  /** Why no copies may leave by its port, a clause: other hosts are there. Undefined: they may. */
  readonly sharedWith?: string;
}

/**
 * A switch's port for a tunnel, or why the port that a policy names cannot be used: there is no such
 * port (yet), or copies would leave to another receiver: the next switch, which would forward them
 * like originals, or a configured host.
 */
export type TunnelPort = PortNo | "absent" | "link" | "host";

/** A monitor that gets no copies because of its place in the network, and why. */
export interface LostMonitor {
  readonly name: string;
  readonly reason: string;
  /** It has a place, but no copies may be sent there. */
  readonly isBarred?: true;
}

/** Whether copies that leave a switch for a monitor need nothing else to arrive. */
export function isLocalTo(dpid: Dpid, monitor: PlacedMonitor): boolean {
  return monitor.dpid === dpid || monitor.patch !== undefined || monitor.overlay !== undefined;
}

/** A monitor in words, as its policy names it. */
export function nameOf({ party }: PlacedMonitor): string {
  return formatParty(party);
}

/** The monitors of a policy, in its order. */
export function placeMonitors(
  topology: Topology,
  policy: Policy,
  locate: LocateEnd = endsIn(topology),
): readonly (PlacedMonitor | LostMonitor)[] {
  const monitors = policy.monitors.map((monitor) => placeMonitor(topology, monitor));
  return ofPolicy(policy, monitors, locate, projectsIn(topology));
}

/** The monitors of a policy from the places of their identifiers. */
export function ofPolicy(
  policy: Policy,
  placed: readonly (PlacedMonitor | LostMonitor)[],
  locate: LocateEnd,
  projectAt: ProjectAt,
): readonly (PlacedMonitor | LostMonitor)[] {
  const known = monitorsOfProject(withTunnelled(policy.monitors, placed), policy, projectAt);
  return withoutShared(withoutEnds(known, policy, locate));
}

/** The place of a monitor outside the network, at the far end of a tunnel. */
const OUTSIDE = { dpid: "" as Dpid, port: 0 as PortNo, ownMacs: [], portMacs: [] };

/**
 * Monitors without those whose port other hosts share: a bridge behind the port would hand a copy to its
 * receiver, or to whichever of them it has not learned. Through a tunnel none leave by the port.
 */
function withoutShared(
  monitors: readonly (PlacedMonitor | LostMonitor)[],
): readonly (PlacedMonitor | LostMonitor)[] {
  return monitors.map((each) => {
    if (!isPlaced(each) || each.sharedWith === undefined || each.party.tunnel) return each;
    return { name: nameOf(each), reason: each.sharedWith, isBarred: true };
  });
}

/** Monitors without those that are not at a port of the policy's project. */
function monitorsOfProject(
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  { project }: Policy,
  projectAt: ProjectAt,
): readonly (PlacedMonitor | LostMonitor)[] {
  if (project === undefined) return monitors;
  return monitors.map((each) => {
    const name = isPlaced(each) ? nameOf(each) : each.name;
    if (isPlaced(each) && each.party.tunnel) {
      return { name, reason: `a policy of project ${project} has no monitor behind a tunnel` };
    }
    if (isPlaced(each) && projectAt(each) === project) return each;
    // The same for one that is elsewhere and one that is not known.
    return { name, reason: `monitor ${name} is not at a port of project ${project}` };
  });
}

/** Monitors of a policy; those behind tunnels count as placed even outside the network. */
function withTunnelled(
  monitors: readonly Monitor[],
  placed: readonly (PlacedMonitor | LostMonitor)[],
): readonly (PlacedMonitor | LostMonitor)[] {
  return placed.map((each, index) => {
    const party = monitors[index];
    if (party?.tunnel !== undefined && !isPlaced(each)) {
      return { ...OUTSIDE, party, key: tunnelKey(party.tunnel) };
    }
    // Policies with equal identifiers share a placed monitor, but not its tunnel or set.
    if (party === undefined || !isPlaced(each)) return each;
    const isAlike = each.party.tunnel === party.tunnel && each.party.set === party.set;
    return isAlike ? each : { ...each, party };
  });
}

/** The port of a switch by which copies leave for a monitor at the far end of a tunnel. */
export function tunnelPortOf(
  topology: Topology,
  at: Dpid,
  { dpid, port }: PlacedMonitor,
  tunnel: Tunnel,
): TunnelPort {
  const found = portOf(topology, at, tunnel.port);
  if (found === undefined) return "absent";
  if (topology.isLinkPort(at, found)) return "link";
  const isItsOwn = dpid === at && port === found;
  return topology.isPinned(at, found) && !isItsOwn ? "host" : found;
}

/** A text that is equal for tunnels with the same far end. */
export function tunnelKey({ port, remote, key }: Tunnel): string {
  return `tunnel ${port} ${remote === undefined ? "" : formatIpAddress(remote)} ${key ?? ""}`;
}

/** Monitors without those that are one of the policy's own senders or receivers. */
function withoutEnds(
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  { senders, receivers }: Policy,
  locate: LocateEnd,
): readonly (PlacedMonitor | LostMonitor)[] {
  const ends = { sender: senders, receiver: receivers };
  return monitors.map((placed) => {
    if (!isPlaced(placed)) return placed;
    const role = ROLES.find((each) =>
      ends[each].some((party) => {
        const end = locate(party, each);
        return end.kind === "exact" && end.places.some((place) => sameDevice(place, placed));
      }),
    );
    if (role === undefined) return placed;
    const name = nameOf(placed);
    return { name, reason: `monitor ${name} is the policy's own ${role}` };
  });
}

/**
 * The placed monitors of a policy, those of a balanced set with their shares: the shares of monitors
 * out of service go to the others of the set.
 */
export function shareOut(
  { monitors }: Policy,
  placed: readonly (PlacedMonitor | LostMonitor)[],
  isInService: (monitor: PlacedMonitor) => boolean,
): readonly PlacedMonitor[] {
  if (monitors.every(({ set }) => set === undefined)) return placed.filter(isPlaced);
  const shares = new Map<PlacedMonitor | LostMonitor, readonly Part[]>();
  for (const set of new Set(monitors.flatMap(({ set }) => set ?? []))) {
    const members = placed.filter((_, index) => monitors[index]?.set === set);
    const inService = members.map((each) => isPlaced(each) && isInService(each));
    const parts = partsOf(members.length, (member) => inService[member] ?? false);
    members.forEach((each, index) => {
      shares.set(each, parts[index] ?? []);
    });
  }
  return placed.filter(isPlaced).map((each) => {
    const share = shares.get(each);
    return share === undefined ? each : { ...each, share };
  });
}

/**
 * Why copies from a switch to a monitor cannot be treated as a policy requests, a clause: all but
 * plain copies require extensions of Open vSwitch. Undefined: they can.
 */
export function whyUntreatable(
  policy: Policy,
  from: Dpid,
  monitor: PlacedMonitor,
  plainName: (dpid: Dpid) => string | undefined,
): string | undefined {
  const { truncate, sample, rateLimit, rewriteIp = false } = policy;
  const { tunnel, set } = monitor.party;
  const isLocal = isLocalTo(from, monitor) || tunnel !== undefined;
  const atTap =
    sample !== undefined ||
    rateLimit !== undefined ||
    set !== undefined ||
    tunnel?.remote !== undefined ||
    (rewriteIp && !isLocal) ||
    (truncate !== undefined && isLocal);
  const name =
    (atTap ? plainName(from) : undefined) ??
    ((truncate !== undefined || rewriteIp) && !isLocal ? plainName(monitor.dpid) : undefined);
  if (name === undefined) return undefined;
  return `switch ${name} is not Open vSwitch and cannot treat copies for monitor ${nameOf(monitor)} as requested`;
}

/** The name of a switch that is not Open vSwitch. */
export function plainSwitchName(topology: Topology, dpid: Dpid): string | undefined {
  const found = topology.switches.get(dpid);
  return found?.isPlain ? found.name : undefined;
}

/** Whether a monitor's switch can output copies to it: its port is not known to be down. */
export function isUp(topology: Topology, { dpid, port }: PlacedMonitor): boolean {
  return topology.switches.get(dpid)?.ports.get(port)?.up ?? true;
}

/** Whether a monitor has a place. */
export function isPlaced(monitor: PlacedMonitor | LostMonitor): monitor is PlacedMonitor {
  return "key" in monitor;
}

const ROLES = ["sender", "receiver"] as const;

/** Locates a monitor. */
export function placeMonitor(topology: Topology, monitor: Monitor): PlacedMonitor | LostMonitor {
  const placement = placeOf(topology, monitor, "monitor");
  const lost = (reason: string): LostMonitor => ({ name: formatParty(monitor), reason });
  if (placement.kind === "nowhere") return lost(placement.reason);
  const [place, second] = placement.places;
  if (place === undefined) return lost(`monitor ${formatParty(monitor)} has no place`);
  if (second !== undefined) {
    const name = formatParty(monitor);
    const how = monitor.workload === undefined ? "mac, host or port" : "iface";
    return lost(`monitor ${name} is at several ports: name it by ${how}`);
  }
  if (topology.isLinkPort(place.dpid, place.port)) {
    return lost(`monitor ${formatParty(monitor)} is at a link between switches`);
  }
  return withKnownMac(topology, place, monitor);
}

/**
 * A monitor with the address for rewritten copies: that of a host known at its port, so that no
 * address identifies two ports.
 */
function withKnownMac(
  topology: Topology,
  { dpid, port, mac }: Place,
  party: Monitor,
): PlacedMonitor {
  const macs = topology.macsAt(dpid, port);
  const portMacs = topology.isTapPort(dpid, port) ? [] : macs;
  const sharedWith = whyShared(topology, { dpid, port, ...defined({ mac }) }, party);
  const key = `${dpid}/${port}`;
  const placed = { dpid, port, party, key, portMacs, ...defined({ sharedWith }) };
  const host = mac === undefined ? undefined : topology.hostByMac(mac);
  if (host !== undefined) return { ...placed, mac: host.mac, ownMacs: [host.mac] };
  const [first] = macs;
  const ownMacs = macs;
  return first === undefined ? { ...placed, ownMacs } : { ...placed, ownMacs, mac: first };
}

/**
 * Why no copies may leave by a monitor's port, a clause: hosts are known there besides the monitor, of a
 * port as such more than one. Undefined: they may; it is a tap port, or a host there has `sharedPort`.
 */
function whyShared(topology: Topology, place: Place, party: Monitor): string | undefined {
  const { dpid, port, mac } = place;
  const macs = topology.macsAt(dpid, port);
  const others = mac === undefined ? macs.slice(1) : macs.filter((each) => each !== mac);
  const [first] = others;
  if (first === undefined || topology.isTapPort(dpid, port)) return undefined;
  if (macs.some((each) => topology.hostByMac(each)?.sharedPort)) return undefined;
  const name = topology.hostByMac(first)?.name ?? formatMac(first);
  const more = others.length === 1 ? "" : " and others";
  return `monitor ${formatParty(party)} shares ${describePlace(topology, place)} with ${name}${more}: what is behind the port could hand copies to their receivers; give the monitor a port of its own, or set "sharedPort": true of a host named there`;
}

/** Whether the MAC addresses are equal; if one place is a port as such, whether the ports are. */
function sameDevice(a: Place, b: Place): boolean {
  if (a.mac !== undefined && b.mac !== undefined) return a.mac === b.mac;
  return a.dpid === b.dpid && a.port === b.port;
}
