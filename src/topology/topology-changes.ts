// SPDX-License-Identifier: Apache-2.0
import { mapDifferences } from "../lang/persistent-map.ts";
import type { Dpid } from "./dpid.ts";
import { workloadNames } from "./interfaces/interface-index.ts";
import type { Host, Switch } from "./model.ts";
import type { PortAt } from "./port-at.ts";
import type { Topology } from "./topology.ts";

/** A host before and after; undefined where it does not exist. */
interface HostChange {
  readonly old: Host | undefined;
  readonly now: Host | undefined;
}

/** The differences between two snapshots of the network, as far as they affect forwarding. */
export interface TopologyChanges {
  /** Paths between switches, or roles of links, may have changed. */
  readonly routing: boolean;
  /** Hosts that appeared, disappeared, moved or changed names or IP addresses, by MAC address. */
  readonly hosts: ReadonlyMap<number, HostChange>;
  /** The switches where these hosts are or were. */
  readonly hostSwitches: ReadonlySet<Dpid>;
  /** The interfaces that appeared, disappeared, moved or changed. */
  readonly interfaces: ReadonlySet<string>;
  /** All names of their workloads, before and after. */
  readonly workloads: ReadonlySet<string>;
  /** Ports that have become, or are no longer, tap ports because of these hosts. */
  readonly tapPorts: readonly PortAt[];
  /** Switches that appeared or disappeared, or whose profile or ports changed. */
  readonly switches: ReadonlySet<Dpid>;
  /** Whether a switch has changed its name. */
  readonly names: boolean;
}

interface Comparison {
  /** Weak: otherwise every snapshot would keep all earlier ones alive. */
  readonly before: WeakRef<Topology>;
  readonly found: TopologyChanges;
}

/** By later snapshot: its last comparison, for further callers with the same pair. */
const last = new WeakMap<Topology, Comparison>();

/**
 * Compares two snapshots. Between a snapshot and one built from it, the cost is little more than the
 * number of differences: unchanged parts are the same objects.
 */
export function topologyChanges(before: Topology, after: Topology): TopologyChanges {
  const known = last.get(after);
  if (known?.before.deref() === before) return known.found;
  const found = compare(before, after);
  last.set(after, { before: new WeakRef(before), found });
  return found;
}

function compare(before: Topology, after: Topology): TopologyChanges {
  const switches = new Set<Dpid>();
  let names = false;
  for (const [dpid, old, now] of mapDifferences(before.switches, after.switches)) {
    if (!old || !now || !isUsedAlike(old, now)) switches.add(dpid);
    if (old && now && old.name !== now.name) names = true;
  }
  const hosts = new Map<number, HostChange>();
  const hostSwitches = new Set<Dpid>();
  for (const [mac, old, now] of mapDifferences(before.hosts, after.hosts)) {
    if (old && now && areAlike(old, now)) continue;
    hosts.set(mac, { old, now });
    for (const each of [old, now]) if (each) hostSwitches.add(each.dpid);
  }
  const tapPorts = tapPortChanges(before, after, hosts);
  const routing = !before.isRoutedLike(after);
  const named = interfaceChanges(before, after);
  return { ...{ routing, hosts, hostSwitches, tapPorts, switches, names }, ...named };
}

function interfaceChanges(before: Topology, after: Topology) {
  const interfaces = new Set<string>();
  const workloads = new Set<string>();
  for (const [iface, old, now] of mapDifferences(before.interfaces.all, after.interfaces.all)) {
    interfaces.add(iface);
    for (const each of [old, now]) for (const name of workloadNames(each)) workloads.add(name);
  }
  return { interfaces, workloads };
}

function tapPortChanges(
  before: Topology,
  after: Topology,
  hosts: TopologyChanges["hosts"],
): PortAt[] {
  const ports = new Map<string, PortAt>();
  for (const { old, now } of hosts.values()) {
    for (const host of [old, now]) {
      if (host?.port === undefined) continue;
      const { dpid, port } = host;
      const isOther = before.isTapPort(dpid, port) !== after.isTapPort(dpid, port);
      if (isOther) ports.set(`${dpid} ${port}`, { dpid, port });
    }
  }
  return [...ports.values()];
}

/** The connection does not count: a fail-secure switch forwards without it. */
function isUsedAlike(x: Switch, y: Switch): boolean {
  return areAlike(inUse(x), inUse(y));
}

function inUse({ forwarding, ...rest }: Switch): object {
  return { ...rest, connected: true, forwarding: JSON.stringify(forwarding) };
}

/** Whether all members are identical: a snapshot reuses unchanged parts. */
function areAlike(x: object, y: object): boolean {
  const members = x as Readonly<Record<string, unknown>>;
  const others = y as Readonly<Record<string, unknown>>;
  for (const key in members) if (members[key] !== others[key]) return false;
  // A member that only the other one has.
  for (const key in others) if (members[key] !== others[key]) return false;
  return true;
}
