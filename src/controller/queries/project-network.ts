// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { type Host, type Link, type PortNo, type Switch, Topology } from "../../topology/index.ts";
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
  const isOwnEnd = ({ dpid, port }: Link["a"]) =>
    topology.projectAt(dpid, port ?? NO_PORT) === project;
  const links = topology.links.filter(({ a, b }) => isOwnEnd(a) && isOwnEnd(b));
  return yield* Topology.making({ switches, links, hosts });
}

/** The port of a link's end that is not known: it then belongs to the project of its switch, if any. */
const NO_PORT = 0 as PortNo;
