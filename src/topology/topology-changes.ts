import type { Dpid } from "./dpid.ts";
import type { Switch } from "./model.ts";
import type { Topology } from "./topology.ts";

/** What is different between two snapshots of the network, as far as frames go other ways for it. */
export interface TopologyChanges {
  /** Ways between switches, or what links are used for, may be others. */
  readonly routing: boolean;
  /** The MAC addresses of hosts that came, went, moved or have other names or IP addresses. */
  readonly hosts: ReadonlySet<number>;
  /** Switches that came or went, whose profile or ports are others, or that hosts came to or left. */
  readonly switches: ReadonlySet<Dpid>;
  /** A switch is named otherwise than before. */
  readonly names: boolean;
}

/**
 * Compares two snapshots. Costs what is different, and little more, between a snapshot and one that
 * was made from it: what did not change is the same object.
 */
export function topologyChanges(before: Topology, after: Topology): TopologyChanges {
  const switches = new Set<Dpid>();
  const hosts = new Set<number>();
  let names = false;
  for (const [dpid, [old, now]] of differences(before.switches, after.switches)) {
    if (!old || !now || !isUsedAlike(old, now)) switches.add(dpid);
    if (old && now && old.name !== now.name) names = true;
  }
  for (const [mac, [old, now]] of differences(before.hosts, after.hosts)) {
    if (old && now && areAlike(old, now)) continue;
    hosts.add(mac);
    for (const each of [old, now]) if (each) switches.add(each.dpid);
  }
  return { routing: !before.isRoutedLike(after), hosts, switches, names };
}

/** The members that are not the same object, by key. */
function* differences<K, V>(
  before: ReadonlyMap<K, V>,
  after: ReadonlyMap<K, V>,
): Generator<[K, [V | undefined, V | undefined]]> {
  if (before === after) return;
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now !== old) yield [key, [old, now]];
  }
  for (const [key, now] of after) if (!before.has(key)) yield [key, [undefined, now]];
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
