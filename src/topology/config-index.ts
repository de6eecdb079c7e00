// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../lang/persistent-map.ts";
import { complete, type Steps } from "../lang/steps.ts";
import type { Dpid } from "./dpid.ts";
import type { HostConfig, PortReference, TopologyConfig } from "./model.ts";

/** The content of topology files by what is looked up in it. */
export interface ConfigIndex {
  /** Their names; the datapath id of a switch that has none. */
  readonly switches: ReadonlyMap<Dpid, string>;
  /** Shares what is unchanged with the index it was made from. */
  readonly hosts: PersistentMap<number, HostConfig>;
  /** Names of hosts. */
  readonly names: ReadonlySet<string>;
  /** Whether a link names the port as this reference does. */
  hasLinkAt(at: PortReference): boolean;
}

const known = new WeakMap<TopologyConfig, ConfigIndex>();

export function configIndex(config: TopologyConfig): ConfigIndex {
  return known.get(config) ?? complete(indexing(config));
}

/** Makes the index of a configuration, from that of another one where their hosts are the same objects. */
export function* indexing(config: TopologyConfig, before?: TopologyConfig): Steps<ConfigIndex> {
  const { switches, links, hosts: all } = config;
  const names = new Set<string>();
  let hosts = before ? configIndex(before).hosts : PersistentMap.empty<number, HostConfig>();
  for (const host of all) {
    yield;
    hosts = hosts.with(host.mac, host);
    if (host.name !== undefined) names.add(host.name);
  }
  hosts = yield* withoutOthers(hosts, all);
  const ends = new Set<string>();
  for (const { a, b } of links) {
    yield;
    ends.add(endKey(a)).add(endKey(b));
  }
  const index: ConfigIndex = {
    ...{ hosts, names, switches: new Map(switches.map(({ dpid, name = dpid }) => [dpid, name])) },
    hasLinkAt: (at) => ends.has(endKey(at)),
  };
  known.set(config, index);
  return index;
}

/** The index of hosts without those that are not in a list. Each host of the list is in the index. */
function* withoutOthers(
  index: PersistentMap<number, HostConfig>,
  hosts: readonly HostConfig[],
): Steps<PersistentMap<number, HostConfig>> {
  if (index.size === hosts.length) return index;
  const macs = new Set<number>();
  for (const { mac } of hosts) {
    yield;
    macs.add(mac);
  }
  let left = index;
  for (const mac of index.keys()) {
    yield;
    if (!macs.has(mac)) left = left.without(mac);
  }
  return left;
}

function endKey({ dpid, port }: PortReference): string {
  return JSON.stringify([dpid, port]);
}
