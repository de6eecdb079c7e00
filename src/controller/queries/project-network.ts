// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import {
  type Dpid,
  type Host,
  type Link,
  type PortNo,
  type Switch,
  Topology,
} from "../../topology/index.ts";
import { projectOf } from "../views/network-view.ts";

/** How many hosts are examined in a step. */
const HOSTS_PER_STEP = 500;

/**
 * The part of a network that belongs to a project: its hosts; the switches with ports of it, with these ports alone;
 * and the links between ports of it. The rest is absent: no lookup finds it, and no path leads there.
 */
export function* networkOfProject(topology: Topology, project: string): Steps<Topology> {
  const hosts = new Map<number, Host>();
  let examined = 0;
  for (const [mac, host] of topology.hosts) {
    if (++examined % HOSTS_PER_STEP === 0) yield;
    if (projectOf(topology, host) === project) hosts.set(mac, host);
  }
  const withHosts = new Set([...hosts.values()].map(({ dpid }) => dpid));
  const switches = new Map<Switch["dpid"], Switch>();
  for (const found of topology.switches.values()) {
    yield;
    const { dpid } = found;
    const ports = new Map(
      [...found.ports].filter(([port]) => topology.projectAt(dpid, port) === project),
    );
    const isOwn = found.project === project || withHosts.has(dpid) || ports.size > 0;
    if (isOwn) switches.set(dpid, { ...found, ports, portsKnown: true });
  }
  const isOwnEnd = ({ dpid, port }: Link["a"]) => isPortOf(topology, { dpid, port }, project);
  const links = topology.links.filter(({ a, b }) => isOwnEnd(a) && isOwnEnd(b));
  return yield* Topology.making({ switches, links, hosts });
}

/** Whether a switch is in the part of the network that belongs to a project; it need not be known any more. */
export function isSwitchOf(topology: Topology, dpid: Dpid, project: string): boolean {
  const found = topology.switches.get(dpid);
  if (found?.project === project) return true;
  for (const mac of topology.macsOn(dpid)) {
    const host = topology.hosts.get(mac);
    if (host && projectOf(topology, host) === project) return true;
  }
  for (const port of found?.ports.keys() ?? []) {
    if (topology.projectAt(dpid, port) === project) return true;
  }
  return false;
}

/** Whether a port belongs to a project; one that is known by a name alone does with its switch. */
export function isPortOf(
  topology: Topology,
  { dpid, port }: { readonly dpid: Dpid; readonly port: number | string | undefined },
  project: string,
): boolean {
  const number = typeof port === "number" ? (port as PortNo) : NO_PORT;
  return topology.projectAt(dpid, number) === project;
}

/** The port of a link's end that is not known: it then belongs to the project of its switch, if any. */
const NO_PORT = 0 as PortNo;
