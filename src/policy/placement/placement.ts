// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../../openflow/wire/address.ts";
import type { Dpid, Host, PortNo, Switch, Topology } from "../../topology/index.ts";
import { and } from "../match-region/bits.ts";
import { formatParty, isAny, isPrefix, isUnresolved, prefixMask } from "../model/party.ts";
import type { IpPrefix, Party, PortName } from "../model/policy.ts";
import { resolvedParties, whyUnresolved } from "./named-parties.ts";

/** A port at which an identifier is located. */
export interface Place {
  readonly dpid: Dpid;
  readonly port: PortNo;
  /** The MAC address of the host there; undefined for a port as such. */
  readonly mac?: number;
  /**
   * A port that the host has left: frames of it may still enter there, and none for it leave. `used`: some
   * have entered not long ago. Absent: its present place.
   */
  readonly former?: "left" | "used";
}

/**
 * Where an identifier is in the network. `exact`: at these ports; a host is at one, and perhaps still at some that
 * it has left. `spread`: it is a prefix, and these are the known hosts in it. `nowhere`: with the reason, a clause; `matchesNothing`: no
 * known, no host has all of its keys, so no frame is from or for it.
 */
export type Placement =
  | { readonly kind: "exact" | "spread"; readonly places: readonly Place[] }
  | {
      readonly kind: "nowhere";
      readonly reason: string;
      readonly matchesNothing?: true;
      /** What waiting does not change. */
      readonly isRefused?: true;
    };

/**
 * Locates an identifier; `role` names it in reasons ("sender", "monitor"). A sender or receiver at a tap
 * port is refused: it has no frames.
 */
export function placeOf(topology: Topology, party: Party, role: string): Placement {
  const found = locate(topology, party, role);
  if (found.kind === "nowhere") return found;
  if (role === "monitor") return { ...found, places: presentPlaces(found.places) };
  const places = found.places.filter(({ dpid, port }) => !topology.isTapPort(dpid, port));
  if (places.length === found.places.length) return found;
  if (places.length > 0) return { ...found, places };
  const name = `${role} ${formatParty(party)}`;
  if (found.kind === "spread") return nowhere(`${name} has not been seen on any port`);
  const [place] = found.places;
  const where = place === undefined ? "" : ` (${describePlace(topology, place)})`;
  return {
    ...matchingNothing(
      `${name} is at a tap port${where}, where only copies leave and nothing enters: name another host, or remove "role": "monitor" from the host`,
    ),
    isRefused: true,
  };
}

function locate(topology: Topology, party: Party, role: string): Placement {
  if (isAny(party)) return nowhere(`the ${role} is any`);
  const name = () => `${role} ${formatParty(party)}`;
  if (isUnresolved(party)) return locateInterfaces(topology, party, role, name);
  const named = party.host === undefined ? undefined : topology.hostByName(party.host);
  if (party.host !== undefined && named === undefined) {
    return matchingNothing(`${name()}: there is no host of that name`);
  }
  const mac = party.mac ?? named?.mac;
  if (named !== undefined && mac !== named.mac) {
    return matchingNothing(`${name()} has another MAC address: ${formatMac(named.mac)}`);
  }
  if (party.port !== undefined) return atPort(topology, party.port, mac, name);
  if (mac !== undefined) {
    const host = topology.hostByMac(mac);
    return host === undefined
      ? nowhere(`${name()} has not been seen on any port`)
      : at(topology, [host], "exact", name);
  }
  if (party.ip === undefined) return nowhere(`${name()} has not been seen on any port`);
  if (isPrefix(party.ip)) return at(topology, hostsIn(topology, party.ip), "spread", name);
  return at(topology, topology.hostsByIp(party.ip.address), "exact", name);
}

/** Where all interfaces are for which an identifier stands. */
function locateInterfaces(
  topology: Topology,
  party: Party,
  role: string,
  name: () => string,
): Placement {
  const which = { isMonitor: role === "monitor" };
  const placements = resolvedParties(topology, party, which)
    .filter((each) => each !== party)
    .map((each) => locate(topology, each, role));
  const places = placements.flatMap((each) => (each.kind === "nowhere" ? [] : each.places));
  if (places.length > 0) return { kind: "exact", places };
  return placements[0] ?? matchingNothing(`${name()}: ${whyUnresolved(topology, party, which)}`);
}

function nowhere(reason: string): Placement {
  return { kind: "nowhere", reason };
}

function matchingNothing(reason: string) {
  return { kind: "nowhere", reason, matchesNothing: true } as const;
}

/** The places of hosts without the ports that they have left: where frames for them leave. */
export function presentPlaces(places: readonly Place[]): readonly Place[] {
  return places.some(({ former }) => former) ? places.filter(({ former }) => !former) : places;
}

/** A port of a switch by its number or name; undefined when the switch has no such port (yet). */
export function portOf(
  topology: Topology,
  dpid: Dpid,
  numberOrName: number | string,
): PortNo | undefined {
  const found = topology.switches.get(dpid);
  if (found === undefined) return undefined;
  const port =
    typeof numberOrName === "number"
      ? (numberOrName as PortNo)
      : [...found.ports.values()].find((each) => each.name === numberOrName)?.no;
  return port === undefined || (found.portsKnown && !found.ports.has(port)) ? undefined : port;
}

function atPort(
  topology: Topology,
  { switch: switchName, port: portName }: PortName,
  mac: number | undefined,
  name: () => string,
): Placement {
  const found = topology.switchByNameOrDpid(switchName);
  if (found === undefined) return nowhere(`${name()}: there is no switch "${switchName}"`);
  if (!found.programmed) return nowhere(`${name()}: ${unprogrammed(found)}`);
  const port = portOf(topology, found.dpid, portName);
  if (port === undefined) {
    return nowhere(`${name()}: switch ${found.name} has no port ${portName} (yet)`);
  }
  const place = { dpid: found.dpid, port };
  // A frame passes several links on its path: it would be copied at each of them.
  if (topology.isLinkPort(found.dpid, port)) {
    return matchingNothing(`${name()} is at a link between switches`);
  }
  if (mac === undefined) return { kind: "exact", places: [place] };
  const host = topology.hostByMac(mac);
  if (host !== undefined && (host.dpid !== found.dpid || host.port !== port)) {
    const there = topology.switches.get(host.dpid)?.name ?? host.dpid;
    return matchingNothing(`${name()} is not at that port, but at ${there} port ${host.written}`);
  }
  return { kind: "exact", places: [{ ...place, mac }] };
}

function at(
  topology: Topology,
  hosts: readonly Host[],
  kind: "exact" | "spread",
  name: () => string,
): Placement {
  const places: Place[] = [];
  let reason: string | undefined;
  for (const host of hosts) {
    const problem = problemOf(topology, host);
    if (problem === undefined && host.port !== undefined) {
      places.push({ dpid: host.dpid, port: host.port, mac: host.mac });
      places.push(...formerPlaces(topology, host));
    } else {
      reason = `${name()}: ${problem}`;
    }
  }
  if (places.length === 0) return nowhere(reason ?? `${name()} has not been seen on any port`);
  places.sort((a, b) => (a.mac ?? 0) - (b.mac ?? 0));
  return { kind, places };
}

function formerPlaces(topology: Topology, { mac, formerly = [] }: Host): readonly Place[] {
  return formerly
    .filter(({ dpid, port }) => {
      const found = topology.switches.get(dpid);
      return found?.programmed && found.ports.has(port) && !topology.isLinkPort(dpid, port);
    })
    .map(({ dpid, port, isUsed }) => ({ dpid, port, mac, former: isUsed ? "used" : "left" }));
}

function problemOf(topology: Topology, host: Host): string | undefined {
  const problem = topology.problemOf(host);
  if (problem !== undefined) return problem;
  const found = topology.switches.get(host.dpid);
  return found === undefined || found.programmed ? undefined : unprogrammed(found);
}

function unprogrammed({ name, admission }: Switch): string {
  return `switch ${name} is not programmed: ${admission.why}`;
}

function hostsIn(topology: Topology, prefix: IpPrefix): Host[] {
  return [...topology.hosts.values()].filter((host) => hasAddressIn(host, prefix));
}

/** Whether one of a host's addresses is in a prefix. */
export function hasAddressIn({ ips }: Host, prefix: IpPrefix): boolean {
  const mask = prefixMask(prefix);
  const { family, value } = prefix.address;
  return ips.some((ip) => ip.family === family && and(ip.value, mask) === value);
}

/** A port in words: `s1 port 3`. */
export function describePlace(topology: Topology, { dpid, port }: Place): string {
  return `${topology.switches.get(dpid)?.name ?? dpid} port ${port}`;
}
