// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../../lang/defined.ts";
import type { Steps } from "../../../lang/steps.ts";
import {
  type Dpid,
  type IpAddress,
  type PatchedPort,
  type PatchUse,
  type PortAt,
  type PortNo,
  sourcePatchPort,
  type Topology,
  type TopologyChanges,
  topologyChangeSteps,
} from "../../../topology/index.ts";
import type { FragmentPorts } from "../../match-region/ip-visibility.ts";
import { constraint, type Region, single } from "../../match-region/region.ts";
import { isUnresolved, partyKey } from "../../model/party.ts";
import type { Monitor, Party, Tunnel } from "../../model/policy.ts";
import { besideName, type Untappable, untappable } from "../../placement/beside.ts";
import type { Role } from "../../placement/directed-views.ts";
import { type FindHosts, hostsIn } from "../../placement/host-addresses.ts";
import { ingressSwitches, innerPorts } from "../../placement/ingress-switches.ts";
import {
  type MirroredPort,
  mirroredPort,
  tapBridgeName,
  tapBridgeOf,
} from "../../placement/mirrored-ports.ts";
import { type ResolveParty, resolvedParties } from "../../placement/named-parties.ts";
import { deliveringBridge, isOverlaid, type Overlay, overlayTo } from "../../placement/overlay.ts";
import {
  isPlaced,
  isUp,
  type PlacedMonitor,
  placeMonitor,
  plainSwitchName,
  type TunnelPort,
  tunnelPortOf,
} from "../../placement/placed-monitors.ts";
import { describePlace, hasAddressIn, type Place, placeOf } from "../../placement/placement.ts";
import {
  copiesFloods,
  dropsInnerTags,
  fragmentPortsOf,
  knownElsewhere,
} from "../../placement/switch-sight.ts";
import { actionsKey, sameContent } from "../model/action-key.ts";
import type { CompileEnvironment } from "../model/environment.ts";
import { type CachedQuery, QueryCache } from "../model/query-cache.ts";
import type { PolicyQuery } from "../taps/policy-query.ts";
import { CachedSwitchView } from "./cached-switch-view.ts";

const BROADCAST = 0xffffffffffff;

/** What a move to another environment changes. */
interface EnvironmentChange {
  /** Whether the network differs at all. */
  readonly hasChanged: boolean;
  /** The switches whose frames reach a different set of switches than before. */
  readonly reachChanged: ReadonlySet<Dpid>;
}

/** The compiler's queries about the network, and what changes in their answers with the network. */
export class NetworkQueries {
  #environment: CompileEnvironment;
  readonly #cache: QueryCache;
  readonly #switches = new Map<Dpid, CachedSwitchView>();
  /** By source switch, then by destination switch: whether a path exists. */
  readonly #reach = new Map<Dpid, Map<Dpid, boolean>>();

  constructor(environment: CompileEnvironment) {
    this.#environment = environment;
    this.#cache = new QueryCache(environment);
  }

  get topology(): Topology {
    return this.#environment.topology;
  }

  /** The network for the compile of one policy. */
  policyQuery(): PolicyQuery {
    return new CachedPolicyQuery(this.#cache);
  }

  /** Releases the queries of a compiled policy that is removed. */
  release(queries: readonly CachedQuery[]): void {
    this.#cache.release(queries);
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

  /** Whether frames of one switch reach another. */
  reaches(from: Dpid, to: Dpid): boolean {
    const known = this.#reach.get(from) ?? new Map<Dpid, boolean>();
    this.#reach.set(from, known);
    const answer = known.get(to) ?? this.topology.nextHop(from, to) !== undefined;
    known.set(to, answer);
    return answer;
  }

  /** Adopts another environment; undefined when everything must be compiled again. */
  *moveTo(environment: CompileEnvironment): Steps<EnvironmentChange | undefined> {
    const before = this.#environment;
    const changes = yield* topologyChangeSteps(before.topology, environment.topology);
    if (changes.names || !haveSameOptions(before, environment)) return undefined;
    this.#environment = environment;
    const { hosts, interfaces, switches } = changes;
    const hasChanged = changes.routing || hosts.size + interfaces.size + switches.size > 0;
    yield* this.#cache.moveTo(environment, changes);
    for (const found of this.#switches.values()) {
      found.moveTo(environment, changes);
      yield;
    }
    return { hasChanged, reachChanged: changes.routing ? this.#recomputeReach() : new Set() };
  }

  #recomputeReach(): Set<Dpid> {
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

function haveSameOptions(a: CompileEnvironment, b: CompileEnvironment): boolean {
  return (
    sameContent(a.limits, b.limits) &&
    sameContent(a.tapVlans, b.tapVlans) &&
    a.markHash === b.markHash &&
    a.markKey === b.markKey
  );
}

class CachedPolicyQuery implements PolicyQuery {
  readonly queries: CachedQuery[] = [];
  /** The same, to find them. */
  readonly #asked = new Set<CachedQuery>();
  readonly #cache: QueryCache;

  constructor(cache: QueryCache) {
    this.#cache = cache;
  }

  placeOf(party: Party, role: Role) {
    return this.#ask(
      `${role} ${partyKey(party)}`,
      ({ topology }) => placeOf(topology, party, role),
      (changes) => changes.tapPorts.length > 0 || mayMove(party, changes),
    );
  }

  placeName({ dpid, port }: Place): string {
    // When a switch changes its name, everything is compiled anew.
    return this.#ask(
      `place ${dpid} ${port}`,
      ({ topology }) => describePlace(topology, { dpid, port }),
      () => false,
    );
  }

  placeMonitor(monitor: Monitor) {
    return this.#ask(
      `monitor ${partyKey(monitor)}`,
      ({ topology }) => placeMonitor(topology, monitor),
      (changes, found) =>
        !isPlaced(found) || changes.hostSwitches.has(found.dpid) || mayMove(monitor, changes),
    );
  }

  projectAt({ dpid, port }: Pick<Place, "dpid" | "port">): string | undefined {
    return this.#ask(
      `project ${dpid} ${port}`,
      ({ topology }) => topology.projectAt(dpid, port),
      ({ hostSwitches }) => hostSwitches.has(dpid),
    );
  }

  readonly find: FindHosts = (reference) =>
    this.#ask(
      `named ${partyKey(reference)}`,
      ({ topology }) =>
        hostsIn(topology)(reference).map(({ mac, ips }) => ({ ...defined({ mac }), ips })),
      (changes) => concernsParty(reference, changes),
    );

  readonly resolve: ResolveParty = (party) => {
    if (!isUnresolved(party)) return [party];
    return this.#ask(
      `resolved ${partyKey(party)}`,
      ({ topology }) => resolvedParties(topology, party),
      (changes) => concernsParty(party, changes),
    );
  };

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

  copiesFloods(dpid: Dpid): boolean {
    return this.#ask(`floods ${dpid}`, ({ topology }) => copiesFloods(topology, dpid));
  }

  hostsElsewhere({ dpid, port }: Place): readonly Region[] {
    return this.#ask(`elsewhere ${dpid} ${port}`, ({ topology }) =>
      framesFor(knownElsewhere(topology, { dpid, port })),
    );
  }

  hosts(): readonly number[] {
    return this.#ask("hosts", ({ topology }) => [...topology.hosts.keys()]);
  }

  deadEnds(dpid: Dpid, ethDst = BROADCAST): readonly number[] {
    return this.#ask(`ends ${dpid} ${ethDst}`, (environment) =>
      deadEndsAt(environment, dpid, ethDst),
    );
  }

  ingressSwitches({ dpid }: PlacedMonitor, receiverAt: Dpid, views: number): readonly Dpid[] {
    return this.#ask(
      `ingress ${dpid} ${receiverAt} ${views}`,
      ({ topology }) => ingressSwitches(topology, dpid, receiverAt, views),
      () => false,
    );
  }

  innerPorts(dpid: Dpid): readonly PortNo[] {
    return this.#ask(`inner ${dpid}`, ({ topology }) => innerPorts(topology, dpid));
  }

  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined {
    const own = monitor.patch ?? monitor.overlay;
    if (own !== undefined) return own.port;
    if (monitor.dpid === dpid) return monitor.port;
    return this.#ask(
      `path ${dpid} ${monitor.dpid}`,
      ({ topology }) => topology.copyNextHop(dpid, monitor.dpid),
      () => false,
    );
  }

  directPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined {
    return this.#ask(
      `direct ${dpid} ${monitor.dpid}`,
      ({ topology }) => topology.directNextHop(dpid, monitor.dpid),
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
    return this.#ask(`plain ${dpid}`, ({ topology }) => plainSwitchName(topology, dpid));
  }

  besideName(dpid: Dpid): string | undefined {
    return this.#ask(`beside ${dpid}`, ({ topology }) => besideName(topology, dpid));
  }

  untappable(dpid: Dpid, patched?: PatchedPort): Untappable | undefined {
    const key = patched === undefined ? "" : `${patched.dpid} ${patched.port} ${patched.use}`;
    return this.#ask(`untappable ${dpid} ${key}`, ({ topology }) =>
      untappable(topology, dpid, patched),
    );
  }

  mirroredPort({ dpid, port }: Place, use: PatchUse): MirroredPort | undefined {
    return this.#ask(`mirrored ${dpid} ${port} ${use}`, ({ topology }) =>
      mirroredPort(topology, { dpid, port, use }),
    );
  }

  sourcePatch(patched: PatchedPort): PortNo | undefined {
    return this.#ask(`patch ${patched.dpid} ${patched.port} ${patched.use}`, ({ topology }) =>
      sourcePatchPort(topology.switches, patched),
    );
  }

  tapBridgeName(dpid: Dpid): string | undefined {
    return this.#ask(`copies ${dpid}`, ({ topology }) => tapBridgeName(topology, dpid));
  }

  tapBridgeOf(dpid: Dpid): Dpid | undefined {
    return this.#ask(`taps of ${dpid}`, ({ topology }) => tapBridgeOf(topology, dpid));
  }

  deliveringBridge(dpid: Dpid): Dpid | undefined {
    return this.#ask(`delivers ${dpid}`, ({ topology }) => deliveringBridge(topology, dpid));
  }

  overlayTo(own: Dpid, { dpid, port }: PortAt): Overlay | Untappable | undefined {
    return this.#ask(`overlay ${own} ${dpid} ${port}`, ({ topology }) =>
      isOverlaid(topology, dpid) ? overlayTo(topology, own, { dpid, port }) : undefined,
    );
  }

  dropsInnerTags(dpid: Dpid): boolean {
    return this.#ask(
      `tags ${dpid}`,
      ({ topology }) => dropsInnerTags(topology, dpid),
      () => false,
    );
  }

  fragmentPorts(dpid: Dpid): FragmentPorts {
    return this.#ask(
      `fragments ${dpid}`,
      ({ topology }) => fragmentPortsOf(topology, dpid),
      () => false,
    );
  }

  serves(dpid: Dpid, monitor: PlacedMonitor): boolean {
    const { tunnel } = monitor.party;
    if (tunnel !== undefined) return typeof this.tunnelPort(dpid, monitor, tunnel) === "number";
    if (!this.#isReached(dpid, monitor)) return false;
    return this.#ask(`up ${monitor.key}`, ({ topology }) => isUp(topology, monitor));
  }

  #isReached(dpid: Dpid, monitor: PlacedMonitor): boolean {
    if (this.tapBridgeName(dpid) === undefined) return this.copyPort(dpid, monitor) !== undefined;
    if (this.deliveringBridge(monitor.dpid) === dpid) return true;
    const overlay = this.overlayTo(dpid, monitor);
    return overlay !== undefined && "port" in overlay;
  }

  #ask<A>(key: string, ask: CachedQuery<A>["ask"], mayChange?: CachedQuery<A>["mayChange"]): A {
    const query = this.#cache.get(key, ask, mayChange);
    if (!this.#asked.has(query as CachedQuery)) {
      this.#asked.add(query as CachedQuery);
      query.users++;
      this.queries.push(query as CachedQuery);
    }
    return query.answer;
  }
}

/** Whether an identifier may be elsewhere. A changed host may have the address of any interface. */
function mayMove(party: Party, changes: TopologyChanges): boolean {
  return concernsParty(party, changes) || (isUnresolved(party) && changes.hosts.size > 0);
}

/** Whether an identifier matches one of the changed hosts or interfaces, before or after the change. */
function concernsParty(party: Party, { hosts, interfaces, workloads }: TopologyChanges): boolean {
  const { mac, ip, host, iface, workload } = party;
  if (iface !== undefined && interfaces.has(iface)) return true;
  if (workload !== undefined && workloads.has(workload)) return true;
  for (const [address, { old, now }] of hosts) {
    if (address === mac) return true;
    for (const each of [old, now]) {
      if (host !== undefined && each?.name === host) return true;
      if (ip !== undefined && each !== undefined && hasAddressIn(each, ip)) return true;
    }
  }
  return false;
}

/** The hosts whose frames a switch forwards differently from frames for unknown hosts. */
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

/** Base forwarding drops frames that would loop: at links outside the tree and at unused links. */
function deadEndsAt(
  environment: CompileEnvironment,
  dpid: Dpid,
  ethDst: number,
): readonly number[] {
  const { topology, originalActions } = environment;
  return topology
    .linkPorts(dpid)
    .map(([port]) => port)
    .filter((port) => originalActions(dpid, port, ethDst).length === 0);
}
