import type { Dpid, PortNo, Topology } from "../../topology/index.ts";
import type { Monitor, Policy } from "../model.ts";
import { formatParty } from "../party.ts";
import { type Place, placeOf } from "../placement.ts";

/** A monitor with its place in the network. */
export interface PlacedMonitor {
  /** As the policy names it. */
  readonly name: string;
  /** Identity: the port. Two names of one port are one monitor, which gets a frame once. */
  readonly key: string;
  readonly dpid: Dpid;
  readonly port: PortNo;
  /** Undefined for a port at which no host is known. */
  readonly mac?: number;
}

/** A monitor that no copies can go to, and why. */
export interface LostMonitor {
  readonly name: string;
  readonly reason: string;
}

/** The monitors of a policy, in its order. */
export function placeMonitors(
  topology: Topology,
  policy: Policy,
): readonly (PlacedMonitor | LostMonitor)[] {
  const ends = [
    { role: "sender", party: policy.sender },
    { role: "receiver", party: policy.receiver },
  ].map(({ role, party }) => ({ role, placement: placeOf(topology, party, role) }));
  return policy.monitors.map((monitor) => {
    const placed = placeMonitor(topology, monitor);
    if (!isPlaced(placed)) return placed;
    const end = ends.find(
      ({ placement }) =>
        placement.kind === "exact" && placement.places.some((place) => sameDevice(place, placed)),
    );
    if (end === undefined) return placed;
    return { name: placed.name, reason: `monitor ${placed.name} is the policy's own ${end.role}` };
  });
}

/** Whether a monitor has a place. */
export function isPlaced(monitor: PlacedMonitor | LostMonitor): monitor is PlacedMonitor {
  return "key" in monitor;
}

function placeMonitor(topology: Topology, monitor: Monitor): PlacedMonitor | LostMonitor {
  const name = formatParty(monitor);
  const placement = placeOf(topology, monitor, "monitor");
  if (placement.kind === "nowhere") return { name, reason: placement.reason };
  const [place, second] = placement.places;
  if (place === undefined) return { name, reason: `monitor ${name} has no place` };
  if (second !== undefined) {
    return { name, reason: `monitor ${name} is at several ports: name it by mac, host or port` };
  }
  if (topology.isLinkPort(place.dpid, place.port)) {
    return { name, reason: `monitor ${name} is at a link between switches` };
  }
  return withKnownMac(topology, place, name);
}

/**
 * A monitor with the address its copies travel to: that of a host known at its port, so that no
 * address ever stands for two ports.
 */
function withKnownMac(topology: Topology, place: Place, name: string): PlacedMonitor | LostMonitor {
  const { dpid, port, mac } = place;
  const key = `${dpid}/${port}`;
  const host = mac === undefined ? undefined : topology.hostByMac(mac);
  if (host !== undefined && (host.dpid !== dpid || host.port !== port)) {
    const there = topology.switches.get(host.dpid)?.name ?? host.dpid;
    return {
      name,
      reason: `monitor ${name} is not at that port, but at ${there} port ${host.written}`,
    };
  }
  if (host !== undefined) return { dpid, port, name, key, mac: host.mac };
  const macs = [...topology.hosts.values()]
    .filter((each) => each.dpid === dpid && each.port === port)
    .map((each) => each.mac);
  const known = macs.length > 0 ? Math.min(...macs) : undefined;
  return known === undefined ? { dpid, port, name, key } : { dpid, port, name, key, mac: known };
}

/** The same MAC address; where one of them is a port as such, the same port. */
function sameDevice(a: Place, b: Place): boolean {
  if (a.mac !== undefined && b.mac !== undefined) return a.mac === b.mac;
  return a.dpid === b.dpid && a.port === b.port;
}
