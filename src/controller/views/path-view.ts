// SPDX-License-Identifier: Apache-2.0
import type { PathOutcome, PathView } from "../../contract/topology.ts";
import { parseMac } from "../../openflow/index.ts";
import {
  type Dpid,
  type Host,
  type PortNo,
  parseIpAddress,
  type Topology,
} from "../../topology/index.ts";
import { hopView } from "./network-view.ts";

interface Place {
  readonly dpid: Dpid;
  /** The port of a host; undefined for a switch. */
  readonly port: PortNo | undefined;
}

/** The path between two places: hosts by name, MAC or IP address, switches by name or dpid. */
export function findPath(topology: Topology, from: string, to: string): PathOutcome {
  const ends: Place[] = [];
  for (const [parameter, text] of [
    ["from", from],
    ["to", to],
  ] as const) {
    const place = findPlace(topology, text);
    if (typeof place === "string") return { type: "unknownPlace", parameter, detail: place };
    ends.push(place);
  }
  const [start, end] = ends;
  const hops = start && end && topology.path(start.dpid, end.dpid);
  if (!start || !end || !hops) {
    return { type: "noPath", detail: `no path of links that are up leads from ${from} to ${to}` };
  }
  const last = hops.length - 1;
  const path: PathView = {
    from,
    to,
    weight: topology.distance(start.dpid, end.dpid) ?? 0,
    hops: hops.map((hop, index) =>
      hopView(topology, {
        dpid: hop.dpid,
        inPort: index === 0 ? start.port : hop.inPort,
        outPort: index === last ? end.port : hop.outPort,
      }),
    ),
  };
  return { type: "path", path };
}

/** A place by its name or address, or a sentence that says why there is none. */
function findPlace(topology: Topology, text: string): Place | string {
  const found = topology.switchByNameOrDpid(text);
  if (found) return { dpid: found.dpid, port: undefined };
  const hosts = findHosts(topology, text);
  const [host, other] = hosts;
  if (!host) return `there is no host or switch "${text}"`;
  if (other) return `${hosts.length} hosts have the address ${text}: name one by its MAC address`;
  const problem = topology.problemOf(host);
  if (problem) return `host "${text}" has no place: ${problem}`;
  return { dpid: host.dpid, port: host.port };
}

function findHosts(topology: Topology, text: string): readonly Host[] {
  const named = topology.hostByName(text);
  if (named) return [named];
  const mac = parseMac(text);
  if (mac !== undefined) {
    const host = topology.hostByMac(mac);
    return host ? [host] : [];
  }
  const ip = parseIpAddress(text);
  return ip ? topology.hostsByIp(ip) : [];
}
