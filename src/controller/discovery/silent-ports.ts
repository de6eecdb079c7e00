// SPDX-License-Identifier: Apache-2.0
import { type Policy, tunnelPortsOf } from "../../policy/index.ts";
import type { Dpid, PortNo, Topology } from "../../topology/index.ts";

/** Ports by switch. */
export type PortSets = ReadonlyMap<Dpid, ReadonlySet<PortNo>>;

/**
 * The ports by which no probes leave because policies, in effect or not, use them as tunnels: a collector
 * gets copies and nothing else. A port at a link is no tunnel, whatever policies name: without probes the
 * link would end.
 */
export class SilentPorts {
  readonly #policies: () => Iterable<Policy>;
  #known: { readonly topology: Topology; readonly ports: PortSets } | undefined;

  /** `policies`: those with tunnels. */
  constructor(policies: () => Iterable<Policy>) {
    this.#policies = policies;
  }

  /** The policies have changed. */
  policiesChanged(): void {
    this.#known = undefined;
  }

  in(topology: Topology): PortSets {
    if (this.#known?.topology !== topology) {
      this.#known = { topology, ports: portsOf(topology, this.#policies()) };
    }
    return this.#known.ports;
  }
}

/** The ports that are in one of two sets only. */
export function differingPorts(before: PortSets, after: PortSets, dpid: Dpid): readonly PortNo[] {
  const [old = NONE, now = NONE] = [before.get(dpid), after.get(dpid)];
  return [...old, ...now].filter((port) => old.has(port) !== now.has(port));
}

const NONE: ReadonlySet<PortNo> = new Set();

function portsOf(topology: Topology, policies: Iterable<Policy>): PortSets {
  const { names, numbered } = tunnelPortsOf(policies, topology);
  const found = new Map<Dpid, Set<PortNo>>();
  const add = (dpid: Dpid, port: PortNo) => {
    if (!topology.isLinkPort(dpid, port)) found.set(dpid, (found.get(dpid) ?? new Set()).add(port));
  };
  for (const { dpid, port } of numbered) add(dpid, port);
  if (names.size === 0) return found;
  for (const { dpid, ports } of topology.switches.values()) {
    for (const { no, name } of ports.values()) if (names.has(name)) add(dpid, no);
  }
  return found;
}
