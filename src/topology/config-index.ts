// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "./dpid.ts";
import type { HostConfig, PortReference, TopologyConfig } from "./model.ts";

/** The content of topology files by what is looked up in it. */
export interface ConfigIndex {
  readonly switches: ReadonlySet<Dpid>;
  readonly hosts: ReadonlyMap<number, HostConfig>;
  /** Names of hosts. */
  readonly names: ReadonlySet<string>;
  /** Whether a link names the port as this reference does. */
  hasLinkAt(at: PortReference): boolean;
}

const known = new WeakMap<TopologyConfig, ConfigIndex>();

export function configIndex(config: TopologyConfig): ConfigIndex {
  let index = known.get(config);
  if (!index) {
    index = indexOf(config);
    known.set(config, index);
  }
  return index;
}

function indexOf({ switches, hosts, links }: TopologyConfig): ConfigIndex {
  const ends = new Set(links.flatMap(({ a, b }) => [endKey(a), endKey(b)]));
  return {
    switches: new Set(switches.map(({ dpid }) => dpid)),
    hosts: new Map(hosts.map((host) => [host.mac, host])),
    names: new Set(hosts.flatMap(({ name }) => name ?? [])),
    hasLinkAt: (at) => ends.has(endKey(at)),
  };
}

function endKey({ dpid, port }: PortReference): string {
  return JSON.stringify([dpid, port]);
}
