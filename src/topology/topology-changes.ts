import type { Dpid } from "./dpid.ts";
import type { Host, Switch } from "./model.ts";
import type { Topology } from "./topology.ts";

/** A host as it was and as it is; undefined where it is not there. */
export interface HostChange {
  readonly old: Host | undefined;
  readonly now: Host | undefined;
}

/** What is different between two snapshots of the network, as far as frames go other ways for it. */
export interface TopologyChanges {
  /** Ways between switches, or what links are used for, may be others. */
  readonly routing: boolean;
  /** Hosts that came, went, moved or have other names or IP addresses, by MAC address. */
  readonly hosts: ReadonlyMap<number, HostChange>;
  /** The switches that these are or were at. */
  readonly hostSwitches: ReadonlySet<Dpid>;
  /** Switches that came or went, or whose profile or ports are others. */
  readonly switches: ReadonlySet<Dpid>;
  /** A switch is named otherwise than before. */
  readonly names: boolean;
}

interface Comparison {
  /** Not held: else every snapshot would keep all that were before it. */
  readonly before: WeakRef<Topology>;
  readonly found: TopologyChanges;
}

/** By later snapshot: the comparison last made, for others who ask for the same one. */
const last = new WeakMap<Topology, Comparison>();

/**
 * Compares two snapshots. Costs what is different, and little more, between a snapshot and one that
 * was made from it: what did not change is the same object.
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
  for (const [dpid, { old, now }] of differences(before.switches, after.switches)) {
    if (!old || !now || !isUsedAlike(old, now)) switches.add(dpid);
    if (old && now && old.name !== now.name) names = true;
  }
  const hosts = new Map<number, HostChange>();
  const hostSwitches = new Set<Dpid>();
  for (const [mac, { old, now }] of differences(before.hosts, after.hosts)) {
    if (old && now && areAlike(old, now)) continue;
    hosts.set(mac, { old, now });
    for (const each of [old, now]) if (each) hostSwitches.add(each.dpid);
  }
  return { routing: !before.isRoutedLike(after), hosts, hostSwitches, switches, names };
}

interface Sides<V> {
  readonly old: V | undefined;
  readonly now: V | undefined;
}

/** The members that are not the same object, by key. */
function differences<K, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): Map<K, Sides<V>> {
  const found = new Map<K, Sides<V>>();
  if (before === after) return found;
  let left = after.size;
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now !== undefined) left--;
    if (now !== old) found.set(key, { old, now });
  }
  if (left === 0) return found;
  for (const [key, now] of after) if (!before.has(key)) found.set(key, { old: undefined, now });
  return found;
}

/** Whether a connection comes or goes makes no difference: a fail-secure switch forwards without. */
function isUsedAlike(x: Switch, y: Switch): boolean {
  return areAlike(inUse(x), inUse(y));
}

function inUse({ forwarding, ...rest }: Switch): object {
  return { ...rest, connected: true, forwarding: JSON.stringify(forwarding) };
}

/** Whether all members are the same: a snapshot takes over what did not change as it is. */
function areAlike(x: object, y: object): boolean {
  const members = new Map<string, unknown>(Object.entries(x));
  const others = Object.entries(y);
  return (
    members.size === others.length && others.every(([key, value]) => members.get(key) === value)
  );
}
