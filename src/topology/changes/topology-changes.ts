// SPDX-License-Identifier: Apache-2.0
import { mapDifferenceSteps } from "../../lang/persistent-map.ts";
import { complete, forEach, type Steps } from "../../lang/steps.ts";
import type { Dpid } from "../dpid.ts";
import { workloadNames } from "../interfaces/interface-index.ts";
import type { Host, Switch } from "../model.ts";
import type { PortAt } from "../port-at.ts";
import type { Topology } from "../topology.ts";

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

/** Remembers the last comparison with each later snapshot: several callers compare the same pair. */
class LastComparisons<S extends object, C> {
  /** By later snapshot. Weak: otherwise every snapshot would keep all earlier ones alive. */
  readonly #last = new WeakMap<S, { readonly before: WeakRef<S>; readonly found: C }>();
  readonly #compare: (before: S, after: S) => Steps<C>;

  constructor(compare: (before: S, after: S) => Steps<C>) {
    this.#compare = compare;
  }

  *steps(before: S, after: S): Steps<C> {
    const known = this.#last.get(after);
    if (known?.before.deref() === before) return known.found;
    const found = yield* this.#compare(before, after);
    this.#last.set(after, { before: new WeakRef(before), found });
    return found;
  }
}

const topologies = new LastComparisons(compare);
const hostMaps = new LastComparisons(compareHosts);

/**
 * Compares two snapshots. Between a snapshot and one built from it, the cost is little more than the
 * number of differences: unchanged parts are the same objects.
 */
export function topologyChanges(before: Topology, after: Topology): TopologyChanges {
  return complete(topologyChangeSteps(before, after));
}

/** As `topologyChanges`, in steps. */
export function topologyChangeSteps(before: Topology, after: Topology): Steps<TopologyChanges> {
  return topologies.steps(before, after);
}

/** The hosts that differ between two snapshots. */
export function hostChanges(
  before: Topology["hosts"],
  after: Topology["hosts"],
): TopologyChanges["hosts"] {
  return complete(hostMaps.steps(before, after));
}

function* compare(before: Topology, after: Topology): Steps<TopologyChanges> {
  const switches = new Set<Dpid>();
  let names = false;
  for (const [dpid, old, now] of yield* mapDifferenceSteps(before.switches, after.switches)) {
    if (!old || !now || !isUsedAlike(old, now)) switches.add(dpid);
    if (old && now && old.name !== now.name) names = true;
  }
  const hosts = yield* hostMaps.steps(before.hosts, after.hosts);
  const hostSwitches = new Set<Dpid>();
  yield* forEach(hosts.values(), ({ old, now }) => {
    for (const each of [old, now]) if (each) hostSwitches.add(each.dpid);
  });
  const tapPorts = yield* tapPortChanges(before, after, hosts);
  const routing = !before.isRoutedLike(after);
  const named = yield* interfaceChanges(before, after);
  return { ...{ routing, hosts, hostSwitches, tapPorts, switches, names }, ...named };
}

function* compareHosts(
  before: Topology["hosts"],
  after: Topology["hosts"],
): Steps<TopologyChanges["hosts"]> {
  const hosts = new Map<number, HostChange>();
  yield* forEach(yield* mapDifferenceSteps(before, after), ([mac, old, now]) => {
    if (!old || !now || !areAlike(old, now)) hosts.set(mac, { old, now });
  });
  return hosts;
}

function* interfaceChanges(
  before: Topology,
  after: Topology,
): Steps<Pick<TopologyChanges, "interfaces" | "workloads">> {
  const interfaces = new Set<string>();
  const workloads = new Set<string>();
  const differences = yield* mapDifferenceSteps(before.interfaces.all, after.interfaces.all);
  yield* forEach(differences, ([iface, old, now]) => {
    interfaces.add(iface);
    for (const each of [old, now]) for (const name of workloadNames(each)) workloads.add(name);
  });
  return { interfaces, workloads };
}

function* tapPortChanges(
  before: Topology,
  after: Topology,
  hosts: TopologyChanges["hosts"],
): Steps<PortAt[]> {
  const ports = new Map<string, PortAt>();
  yield* forEach(hosts.values(), ({ old, now }) => {
    for (const host of [old, now]) {
      if (host?.port === undefined) continue;
      const { dpid, port } = host;
      const isOther = before.isTapPort(dpid, port) !== after.isTapPort(dpid, port);
      if (isOther) ports.set(`${dpid} ${port}`, { dpid, port });
    }
  });
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
