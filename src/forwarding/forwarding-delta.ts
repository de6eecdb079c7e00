// SPDX-License-Identifier: Apache-2.0

import { type FlowKey, type FlowSpec, flowKey } from "../flow-model/index.ts";
import { sameItems } from "../lang/same-items.ts";
import { complete, forEach, type Steps } from "../lang/steps.ts";
import {
  type Dpid,
  type Topology,
  type TopologyChanges,
  topologyChangeSteps,
} from "../topology/index.ts";
import { HostFlows, programmedSwitches } from "./compile-forwarding.ts";
import { portToward } from "./original-actions.ts";
import { isSomewhere, NOWHERE, PlacedHosts } from "./placed-hosts.ts";
import { SwitchComparison } from "./switch-comparison.ts";

/** The changes of one switch's base forwarding. */
interface ForwardingChange {
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/**
 * The changes from the tables of one snapshot to those of another. Equals the comparison of two full
 * compilations, without making the unchanged entries. Omits switches without a change;
 * `Topology.empty` stands for empty tables.
 */
export function forwardingDelta(before: Topology, after: Topology): Map<Dpid, ForwardingChange> {
  return complete(forwardingSteps(before, after));
}

/** As `forwardingDelta`, in steps. */
export function* forwardingSteps(
  before: Topology,
  after: Topology,
): Steps<Map<Dpid, ForwardingChange>> {
  const changes = yield* topologyChangeSteps(before, after);
  const hosts = yield* hostComparison(before, after, changes);
  const switches = new SwitchComparison(before, after, changes);
  const [old, now] = [programmedSwitches(before), programmedSwitches(after)];
  const delta = new Map<Dpid, ForwardingChange>();
  for (const dpid of new Set([...old, ...now])) {
    const set: FlowSpec[] = [];
    const gone: FlowKey[] = [];
    yield* switches.compare(dpid, set, gone);
    yield;
    if (hosts) yield* hosts.compare(dpid, set, gone);
    if (set.length > 0 || gone.length > 0) delta.set(dpid, { set, delete: gone });
  }
  return delta;
}

/** Compares the entries for hosts on one switch. */
interface HostComparison {
  /** Adds the differences on a switch. */
  compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): Steps<void>;
}

/** The cheapest comparison for the amount of change; undefined when no host is affected. */
function* hostComparison(
  before: Topology,
  after: Topology,
  changes: TopologyChanges,
): Steps<HostComparison | undefined> {
  const { hosts, routing } = changes;
  if (hosts.size * 4 > after.hosts.size || !haveSamePathSwitches(before, after)) {
    return yield* AllHosts.of(before, after);
  }
  return routing || hosts.size > 0 ? new SomeHosts(before, after, changes) : undefined;
}

/** Whether the same switches are programmed with profile `paths`. */
function haveSamePathSwitches(before: Topology, after: Topology): boolean {
  return sameItems(pathSwitches(before), pathSwitches(after));
}

function pathSwitches(topology: Topology): Dpid[] {
  return programmedSwitches(topology).filter(
    (dpid) => topology.switches.get(dpid)?.forwarding === "paths",
  );
}

/** Compares the hosts that were added, removed or moved, and those whose switch has another path. */
class SomeHosts implements HostComparison {
  readonly #before: Topology;
  readonly #after: Topology;
  readonly #flows = new HostFlows();
  readonly #indexes = new Map<number, number>();
  readonly #moved: readonly number[];
  /** Switches with hosts, with whether one of their ports became, or is no longer, a link port. */
  readonly #targets: readonly { readonly to: Dpid; readonly isOther: boolean }[];

  constructor(before: Topology, after: Topology, { hosts, routing, tapPorts }: TopologyChanges) {
    this.#before = before;
    this.#after = after;
    const cutOff = tapPorts.flatMap(({ dpid, port }) => after.macsAt(dpid, port));
    this.#moved = [...hosts.keys(), ...cutOff];
    const targets = routing ? after.switchesWithHosts() : [];
    this.#targets = targets.map((to) => ({ to, isOther: !sameLinkPorts(before, after, to) }));
  }

  *compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): Steps<void> {
    if (this.#after.switches.get(dpid)?.forwarding !== "paths") return;
    const macs = new Set(this.#moved);
    for (const { to, isOther } of this.#targets) {
      if (!isOther && this.#before.nextHop(dpid, to) === this.#after.nextHop(dpid, to)) continue;
      for (const mac of this.#after.macsOn(to)) macs.add(mac);
    }
    for (const mac of macs) {
      yield;
      const [old, now] = [portFor(this.#before, dpid, mac), portFor(this.#after, dpid, mac)];
      if (old === now) continue;
      if (now !== undefined) set.push(this.#flows.of(this.#indexOf(mac), mac, now));
      else if (old !== undefined) gone.push(flowKey(this.#flows.of(this.#indexOf(mac), mac, old)));
    }
  }

  #indexOf(mac: number): number {
    const index = this.#indexes.get(mac) ?? this.#indexes.size;
    this.#indexes.set(mac, index);
    return index;
  }
}

function portFor(topology: Topology, dpid: Dpid, mac: number) {
  const host = topology.hostByMac(mac);
  return host && portToward(topology, dpid, host);
}

function sameLinkPorts(before: Topology, after: Topology, dpid: Dpid): boolean {
  const [old, now] = [before.linkPorts(dpid), after.linkPorts(dpid)];
  return old.length === now.length && old.every(([port], index) => port === now[index]?.[0]);
}

/** An address of one of two snapshots, with its index in each; -1 where it is not known. */
interface HostPair {
  readonly mac: number;
  readonly old: number;
  readonly now: number;
}

/** Every address of two ascending lists: those of the second, then the others. */
function* pairsOf(before: readonly number[], after: readonly number[]): Steps<HostPair[]> {
  const pairs: HostPair[] = [];
  const lost: HostPair[] = [];
  let old = 0;
  const loseBelow = (limit: number) => {
    for (let mac = before[old]; mac !== undefined && mac < limit; mac = before[++old]) {
      lost.push({ mac, old, now: -1 });
    }
  };
  yield* forEach(after.entries(), ([now, mac]) => {
    loseBelow(mac);
    pairs.push({ mac, old: before[old] === mac ? old++ : -1, now });
  });
  loseBelow(Infinity);
  return [...pairs, ...lost];
}

/** Compares all hosts of two snapshots. */
class AllHosts implements HostComparison {
  readonly #old: PlacedHosts;
  readonly #now: PlacedHosts;
  readonly #flows = new HostFlows();
  readonly #pairs: readonly HostPair[];

  private constructor(old: PlacedHosts, now: PlacedHosts, pairs: readonly HostPair[]) {
    this.#old = old;
    this.#now = now;
    this.#pairs = pairs;
  }

  static *of(before: Topology, after: Topology): Steps<AllHosts> {
    const [old, now] = [yield* PlacedHosts.of(before), yield* PlacedHosts.of(after)];
    return new AllHosts(old, now, yield* pairsOf(old.macs, now.macs));
  }

  *compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): Steps<void> {
    const [oldPorts, newPorts] = [this.#old.portsFrom(dpid), this.#now.portsFrom(dpid)];
    for (const [index, { mac, old, now }] of this.#pairs.entries()) {
      const [oldPort, newPort] = [oldPorts[old] ?? NOWHERE, newPorts[now] ?? NOWHERE];
      if (oldPort === newPort) continue;
      if (isSomewhere(newPort)) set.push(this.#flows.of(index, mac, newPort));
      else if (isSomewhere(oldPort)) gone.push(flowKey(this.#flows.of(index, mac, oldPort)));
      yield;
    }
  }
}
