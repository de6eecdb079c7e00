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
import { type Place, type Placement, placeOf, portOf } from "./placement.ts";

/** A monitor with its place in the network. */
export interface PlacedMonitor {
  /** As the policy names it. */
  readonly party: Monitor;
  /** Identity: the port. Two names of one port are one monitor, which gets a frame once. */
  readonly key: string;
  readonly dpid: Dpid;
  readonly port: PortNo;
  /** The address copies travel to; undefined for a port at which no host is known. */
  readonly mac?: number;
  /** What is for one of these addresses is its own: its address; of a port as such, all there. */
  readonly ownMacs: readonly number[];
  /** What is from one of these has entered at its port: the hosts known there, itself among them. */
  readonly portMacs: readonly number[];
  /** The flows it gets, where it shares them with others; undefined: all of them. */
  readonly share?: readonly Part[];
  /** The addresses, one of a family, that copies get for their IP destination; undefined: none. */
  readonly rewriteTo?: readonly IpAddress[];
  /** Where copies for it enter their tunnel at a tap point's switch. */
  readonly tunnelPort?: TunnelPort;
}

/**
 * A tunnel's port of a switch, or why the port that a policy names is none: there is no such port
 * (yet), or copies would leave by it for somebody else: the next switch, which would forward them
 * like originals, or a host that is named there.
 */
export type TunnelPort = PortNo | "absent" | "link" | "host";

/** A monitor that no copies can go to, and why. */
export interface LostMonitor {
  readonly name: string;
  readonly reason: string;
}

/** A monitor in words, as its policy names it. */
export function nameOf({ party }: PlacedMonitor): string {
  return formatParty(party);
}

/** Where the two ends of a policy's conversation are. */
export interface PlacedEnds {
  readonly sender: Placement;
  readonly receiver: Placement;
}

/** Finds the two ends of a policy's conversation. */
export function placeEnds(topology: Topology, { sender, receiver }: Policy): PlacedEnds {
  return {
    sender: placeOf(topology, sender, "sender"),
    receiver: placeOf(topology, receiver, "receiver"),
  };
}

/** The monitors of a policy, in its order. */
export function placeMonitors(
  topology: Topology,
  policy: Policy,
  ends: PlacedEnds = placeEnds(topology, policy),
): readonly (PlacedMonitor | LostMonitor)[] {
  const monitors = policy.monitors.map((monitor) => placeMonitor(topology, monitor));
  return withoutEnds(withTunnelled(policy.monitors, monitors), ends);
}

/** Where a monitor is that is nowhere in the network: at the other end of a tunnel. */
const OUTSIDE = { dpid: "" as Dpid, port: 0 as PortNo, ownMacs: [], portMacs: [] };

/** Monitors, those of a policy's tunnels wherever they are. */
export function withTunnelled(
  monitors: readonly Monitor[],
  placed: readonly (PlacedMonitor | LostMonitor)[],
): readonly (PlacedMonitor | LostMonitor)[] {
  return placed.map((each, index) => {
    const party = monitors[index];
    if (party?.tunnel !== undefined && !isPlaced(each)) {
      return { ...OUTSIDE, party, key: tunnelKey(party.tunnel) };
    }
    // Places are shared by policies that name a monitor alike; the ways to it are not.
    if (party === undefined || !isPlaced(each)) return each;
    const isAlike = each.party.tunnel === party.tunnel && each.party.set === party.set;
    return isAlike ? each : { ...each, party };
  });
}

/** The port of a switch by which copies leave for a monitor at the other end of a tunnel. */
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

/** A text that is equal for tunnels with the same end. */
export function tunnelKey({ port, remote, key }: Tunnel): string {
  return `tunnel ${port} ${remote === undefined ? "" : formatIpAddress(remote)} ${key ?? ""}`;
}

/** Monitors, but for those that are at one of the ends themselves. */
export function withoutEnds(
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  ends: PlacedEnds,
): readonly (PlacedMonitor | LostMonitor)[] {
  return monitors.map((placed) => {
    if (!isPlaced(placed)) return placed;
    const role = ROLES.find((each) => {
      const end = ends[each];
      return end.kind === "exact" && end.places.some((place) => sameDevice(place, placed));
    });
    if (role === undefined) return placed;
    const name = nameOf(placed);
    return { name, reason: `monitor ${name} is the policy's own ${role}` };
  });
}

/**
 * The monitors of a policy that have a place, those of a set with their shares: monitors that are
 * out of service leave theirs to the others.
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
 * Why copies for a monitor cannot be treated as a policy asks on the way from a switch, a clause:
 * all but plain copies takes extensions of Open vSwitch. Undefined: they can.
 */
export function inability(
  policy: Policy,
  from: Dpid,
  monitor: PlacedMonitor,
  plainName: (dpid: Dpid) => string | undefined,
): string | undefined {
  const { truncate, sample, rateLimit, rewriteIp = false } = policy;
  const { tunnel, set } = monitor.party;
  const isLocal = monitor.dpid === from || tunnel !== undefined;
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
  return `switch ${name} is not Open vSwitch and cannot treat copies for monitor ${nameOf(monitor)} as asked`;
}

/** The name of a switch that is not Open vSwitch. */
export function plainSwitch(topology: Topology, dpid: Dpid): string | undefined {
  const found = topology.switches.get(dpid);
  return found?.isPlain ? found.name : undefined;
}

/** Whether copies can be given to a monitor at its switch: its port is not known to be down. */
export function isUp(topology: Topology, { dpid, port }: PlacedMonitor): boolean {
  return topology.switches.get(dpid)?.ports.get(port)?.up ?? true;
}

/** Whether a monitor has a place. */
export function isPlaced(monitor: PlacedMonitor | LostMonitor): monitor is PlacedMonitor {
  return "key" in monitor;
}

const ROLES = ["sender", "receiver"] as const;

/** Finds a monitor's place. */
export function placeMonitor(topology: Topology, monitor: Monitor): PlacedMonitor | LostMonitor {
  const placement = placeOf(topology, monitor, "monitor");
  const lost = (reason: string): LostMonitor => ({ name: formatParty(monitor), reason });
  if (placement.kind === "nowhere") return lost(placement.reason);
  const [place, second] = placement.places;
  if (place === undefined) return lost(`monitor ${formatParty(monitor)} has no place`);
  if (second !== undefined) {
    const name = formatParty(monitor);
    return lost(`monitor ${name} is at several ports: name it by mac, host or port`);
  }
  if (topology.isLinkPort(place.dpid, place.port)) {
    return lost(`monitor ${formatParty(monitor)} is at a link between switches`);
  }
  return withKnownMac(topology, place, monitor);
}

/**
 * A monitor with the address its copies travel to: that of a host known at its port, so that no
 * address ever stands for two ports.
 */
function withKnownMac(
  topology: Topology,
  { dpid, port, mac }: Place,
  party: Monitor,
): PlacedMonitor {
  const portMacs = topology.macsAt(dpid, port);
  const placed = { dpid, port, party, key: `${dpid}/${port}`, portMacs };
  const host = mac === undefined ? undefined : topology.hostByMac(mac);
  if (host !== undefined) return { ...placed, mac: host.mac, ownMacs: [host.mac] };
  const [first] = portMacs;
  const ownMacs = portMacs;
  return first === undefined ? { ...placed, ownMacs } : { ...placed, ownMacs, mac: first };
}

/** The same MAC address; where one of them is a port as such, the same port. */
function sameDevice(a: Place, b: Place): boolean {
  if (a.mac !== undefined && b.mac !== undefined) return a.mac === b.mac;
  return a.dpid === b.dpid && a.port === b.port;
}
