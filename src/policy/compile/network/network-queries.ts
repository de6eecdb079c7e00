import {
  type Dpid,
  type IpAddress,
  type Topology,
  type TopologyChanges,
  topologyChanges,
} from "../../../topology/index.ts";
import { constraint, type Region, single } from "../../match-region/region.ts";
import { partyKey } from "../../model/party.ts";
import type { Monitor, Party, Tunnel } from "../../model/policy.ts";
import type { Role } from "../../placement/directed-views.ts";
import {
  isPlaced,
  isUp,
  type PlacedMonitor,
  placeMonitor,
  plainSwitch,
  type TunnelPort,
  tunnelPortOf,
} from "../../placement/placed-monitors.ts";
import { hasAddressIn, type Place, placeOf } from "../../placement/placement.ts";
import { actionsKey, sameContent } from "../model/action-key.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import { type CachedQuery, QueryCache } from "../model/query-cache.ts";
import type { PolicyQuery } from "../taps/compile-taps.ts";
import { CachedSwitchView } from "./cached-switch-view.ts";

const BROADCAST = 0xffffffffffff;

/** What is different in another environment. */
export interface Move {
  /** Anything at all. */
  readonly isOther: boolean;
  /** The switches whose frames get to other switches than before. */
  readonly reach: ReadonlySet<Dpid>;
}

/** What the compiler asks about the network, and what is different when the network changes. */
export class NetworkQueries {
  #environment: CompileEnvironment;
  readonly #questions: QueryCache;
  readonly #switches = new Map<Dpid, CachedSwitchView>();
  /** By the two switches. */
  readonly #reach = new Map<Dpid, Map<Dpid, boolean>>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
    this.#questions = new QueryCache(environment);
  }

  get topology(): Topology {
    return this.#environment.topology;
  }

  /** The network for the compile of one policy. */
  inquiry(): PolicyQuery {
    return new CachedPolicyQuery(this.#questions);
  }

  /** A compile that asked is gone. */
  forget(questions: readonly CachedQuery[]): void {
    this.#questions.release(questions);
  }

  /** The network as one switch sees it. */
  at(dpid: Dpid): CachedSwitchView {
    let found = this.#switches.get(dpid);
    if (found === undefined) {
      found = new CachedSwitchView(dpid, this.#environment);
      this.#switches.set(dpid, found);
    }
    return found;
  }

  /** Whether frames of one switch get to another. */
  reaches(from: Dpid, to: Dpid): boolean {
    const known = this.#reach.get(from) ?? new Map<Dpid, boolean>();
    this.#reach.set(from, known);
    const answer = known.get(to) ?? this.topology.nextHop(from, to) !== undefined;
    known.set(to, answer);
    return answer;
  }

  /** Takes another environment; undefined when nothing that was compiled is of use there. */
  moveTo(environment: CompileEnvironment): Move | undefined {
    const before = this.#environment;
    const changes = topologyChanges(before.topology, environment.topology);
    if (changes.names || !isTunedAlike(before, environment)) return undefined;
    this.#environment = environment;
    const isOther = changes.routing || changes.hosts.size + changes.switches.size > 0;
    this.#questions.moveTo(environment, changes);
    for (const found of this.#switches.values()) found.moveTo(environment, changes);
    return { isOther, reach: changes.routing ? this.#reachAnew() : new Set() };
  }

  #reachAnew(): Set<Dpid> {
    const other = new Set<Dpid>();
    for (const [from, known] of this.#reach) {
      for (const [to, before] of known) {
        const now = this.topology.nextHop(from, to) !== undefined;
        if (now !== before) other.add(from);
        known.set(to, now);
      }
    }
    return other;
  }
}

function isTunedAlike(a: CompileEnvironment, b: CompileEnvironment): boolean {
  return (
    sameContent(a.limits, b.limits) &&
    sameContent(a.tapVlans, b.tapVlans) &&
    a.markHash === b.markHash
  );
}

class CachedPolicyQuery implements PolicyQuery {
  readonly questions: CachedQuery[] = [];
  readonly #all: QueryCache;

  constructor(all: QueryCache) {
    this.#all = all;
  }

  placeOf(party: Party, role: Role) {
    return this.#ask(
      `${role} ${partyKey(party)}`,
      ({ topology }) => placeOf(topology, party, role),
      (changes) => isNamed(party, changes),
    );
  }

  placeMonitor(monitor: Monitor) {
    return this.#ask(
      `monitor ${partyKey(monitor)}`,
      ({ topology }) => placeMonitor(topology, monitor),
      (changes, found) =>
        !isPlaced(found) || changes.hostSwitches.has(found.dpid) || isNamed(monitor, changes),
    );
  }

  macsAt({ dpid, port }: Place) {
    return this.#ask(
      `macs ${dpid} ${port}`,
      ({ topology }) => topology.macsAt(dpid, port),
      ({ hostSwitches }) => hostSwitches.has(dpid),
    );
  }

  forwarding(dpid: Dpid): readonly Region[] {
    return this.#ask(`forwarding ${dpid}`, (environment) => forwardedHosts(environment, dpid));
  }

  hosts(): readonly Region[] {
    return this.#ask("hosts", ({ topology }) => framesFor(topology.hosts.keys()));
  }

  deadEnds(dpid: Dpid, ethDst = BROADCAST): readonly number[] {
    return this.#ask(`ends ${dpid} ${ethDst}`, (environment) => endsAt(environment, dpid, ethDst));
  }

  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined {
    if (monitor.dpid === dpid) return monitor.port;
    return this.#ask(
      `way ${dpid} ${monitor.dpid}`,
      ({ topology }) => topology.copyNextHop(dpid, monitor.dpid),
      () => false,
    );
  }

  tunnelPort(dpid: Dpid, monitor: PlacedMonitor, tunnel: Tunnel): TunnelPort {
    const port = JSON.stringify(tunnel.port);
    return this.#ask(`tunnel ${dpid} ${port} ${monitor.key}`, ({ topology }) =>
      tunnelPortOf(topology, dpid, monitor, tunnel),
    );
  }

  ipsOf(mac: number): readonly IpAddress[] {
    return this.#ask(
      `ips ${mac}`,
      ({ topology }) => topology.hostByMac(mac)?.ips ?? [],
      ({ hosts }) => hosts.has(mac),
    );
  }

  plainName(dpid: Dpid): string | undefined {
    return this.#ask(`plain ${dpid}`, ({ topology }) => plainSwitch(topology, dpid));
  }

  serves(dpid: Dpid, monitor: PlacedMonitor): boolean {
    const { tunnel } = monitor.party;
    if (tunnel !== undefined) return typeof this.tunnelPort(dpid, monitor, tunnel) === "number";
    if (this.copyPort(dpid, monitor) === undefined) return false;
    return this.#ask(`up ${monitor.key}`, ({ topology }) => isUp(topology, monitor));
  }

  #ask<A>(key: string, ask: CachedQuery<A>["ask"], isConcerned?: CachedQuery<A>["isConcerned"]): A {
    const question = this.#all.get(key, ask, isConcerned);
    if (!this.questions.includes(question as CachedQuery)) {
      question.users++;
      this.questions.push(question as CachedQuery);
    }
    return question.answer;
  }
}

/** Whether one of the hosts that changed is, or was, one that an identifier stands for. */
function isNamed({ mac, ip, host }: Party, { hosts }: TopologyChanges): boolean {
  for (const [address, { old, now }] of hosts) {
    if (address === mac) return true;
    for (const each of [old, now]) {
      if (host !== undefined && each?.name === host) return true;
      if (ip !== undefined && each !== undefined && hasAddressIn(each, ip)) return true;
    }
  }
  return false;
}

/** The hosts whose frames a switch forwards otherwise than those for nobody it knows. */
function forwardedHosts(environment: CompileEnvironment, dpid: Dpid): readonly Region[] {
  const { topology, originalActions } = environment;
  const rest = actionsKey(originalActions(dpid, undefined, BROADCAST));
  return framesFor(
    [...topology.hosts.keys()].filter(
      (mac) => actionsKey(originalActions(dpid, undefined, mac)) !== rest,
    ),
  );
}

function framesFor(macs: Iterable<number>): readonly Region[] {
  return Array.from(macs, (mac) => single(constraint("ethDst", mac)));
}

/** Base forwarding drops what would loop: at links outside the tree, at links not used at all. */
function endsAt(environment: CompileEnvironment, dpid: Dpid, ethDst: number): readonly number[] {
  const { topology, originalActions } = environment;
  return topology
    .linkPorts(dpid)
    .map(([port]) => port)
    .filter((port) => originalActions(dpid, port, ethDst).length === 0);
}
