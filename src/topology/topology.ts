// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../lang/persistent-map.ts";
import { complete, type Steps } from "../lang/steps.ts";
import { type Dpid, LOCAL_PORT, type PortNo, parseDpid } from "./dpid.ts";
import { isBeside } from "./forwarding-profile.ts";
import { computeRouting, type LinkRole, type Routing, routingSignature } from "./graph/routing.ts";
import { HostIndex } from "./host-index.ts";
import { InterfaceIndex } from "./interfaces/interface-index.ts";
import type { IpAddress } from "./ip-address.ts";
import type { Attachment, Hop, Host, Link, PortRole, Switch } from "./model.ts";
import type { PortAt } from "./port-at.ts";

/** What a topology is made of. */
export interface TopologyParts {
  readonly switches: ReadonlyMap<Dpid, Switch>;
  readonly links: readonly Link[];
  /** By MAC address. */
  readonly hosts: ReadonlyMap<number, Host>;
  /** Whether links and hosts are discovered: switches then hand over LLDP and hosts' frames. */
  readonly discovers?: boolean;
  /** What databases of switches name; absent: nothing. */
  readonly interfaces?: InterfaceIndex;
}

/**
 * A snapshot of the network: switches, links and hosts, with paths between them. Immutable; derived
 * data is computed on first use and cached.
 */
export class Topology implements TopologyParts {
  readonly switches: ReadonlyMap<Dpid, Switch>;
  readonly links: readonly Link[];
  readonly hosts: ReadonlyMap<number, Host>;
  readonly discovers: boolean;
  readonly interfaces: InterfaceIndex;
  readonly #previous: Routing | undefined;
  #routing: Routing | undefined;
  #byName: ReadonlyMap<string, Dpid> | undefined;
  readonly #hostIndex: HostIndex;
  /** By `DPID PORT`: every learned host of a port asks. */
  readonly #projects = new Map<string, string | undefined>();

  /** `previous`: a snapshot whose paths and lookups are reused where their inputs are the same. */
  constructor(
    parts: TopologyParts,
    previous?: Topology,
    index = complete(Topology.#indexing(parts, previous)),
  ) {
    this.switches = parts.switches;
    this.links = parts.links;
    this.hosts = parts.hosts;
    this.discovers = parts.discovers ?? false;
    this.interfaces = parts.interfaces ?? InterfaceIndex.empty;
    this.#previous = previous && (previous.#routing ?? previous.#previous);
    this.#hostIndex = index;
  }

  /** Makes a snapshot in steps. */
  static *making(parts: TopologyParts, previous?: Topology): Steps<Topology> {
    return new Topology(parts, previous, yield* Topology.#indexing(parts, previous));
  }

  /** Never put off: the changes of many snapshots would make one long step. */
  static #indexing({ hosts }: TopologyParts, previous?: Topology): Steps<HostIndex> {
    return (previous ? previous.#hostIndex : HostIndex.empty).movingTo(hosts);
  }

  static readonly empty = new Topology({ switches: new Map(), links: [], hosts: new Map() });

  /** Finds a switch by its name or datapath id (in any form that `parseDpid` reads). */
  switchByNameOrDpid(text: string): Switch | undefined {
    this.#byName ??= new Map([...this.switches.values()].map(({ name, dpid }) => [name, dpid]));
    const dpid = this.#byName.get(text) ?? parseDpid(text);
    return dpid && this.switches.get(dpid);
  }

  hostByMac(mac: number): Host | undefined {
    return this.hosts.get(mac);
  }

  /** The hosts with MAC addresses above one (all, if none is given), in ascending order of them. */
  hostsAfter(mac?: number): Iterable<Host> {
    return this.#hostIndex.after(mac);
  }

  hostByName(name: string): Host | undefined {
    return this.#hostIndex.named(name);
  }

  /** Every host with the address, in the order of MAC addresses: a network may use one twice. */
  hostsByIp(ip: IpAddress): readonly Host[] {
    return this.#hostIndex.withIp(ip);
  }

  /**
   * The port of `from` on the path to `to`; undefined when there is no path or they are the same
   * switch. Every switch on the path is nearer than the one before it, so following next hops never
   * loops. Of equal paths: the neighbour with the lowest dpid, then the lowest port.
   */
  nextHop(from: Dpid, to: Dpid): PortNo | undefined {
    return this.#routes.graph.nextHop(from, to);
  }

  /** As `nextHop`, with link costs for copies. */
  copyNextHop(from: Dpid, to: Dpid): PortNo | undefined {
    return this.#routes.copyGraph.nextHop(from, to);
  }

  /** The switches from one to another with their ports; undefined when there is no path. */
  path(from: Dpid, to: Dpid): readonly Hop[] | undefined {
    return this.#walk(from, to, (at) => this.nextHop(at, to));
  }

  /** As `path`, with link costs for copies. */
  copyPath(from: Dpid, to: Dpid): readonly Hop[] | undefined {
    return this.#walk(from, to, (at) => this.copyNextHop(at, to));
  }

  /** As `copyNextHop`, over direct links only. */
  directNextHop(from: Dpid, to: Dpid): PortNo | undefined {
    return this.#routes.directGraph.nextHop(from, to);
  }

  /** As `copyPath`, over direct links only. */
  directPath(from: Dpid, to: Dpid): readonly Hop[] | undefined {
    return this.#walk(from, to, (at) => this.directNextHop(at, to));
  }

  /** The switches that one reaches over direct links, itself included, in order of their dpids. */
  directReach(from: Dpid): readonly Dpid[] {
    return this.#routes.directReach.get(from) ?? [from];
  }

  #walk(from: Dpid, to: Dpid, next: (at: Dpid) => PortNo | undefined): readonly Hop[] | undefined {
    if (!this.switches.has(from) || !this.switches.has(to)) return undefined;
    const hops: Hop[] = [];
    let at: { dpid: Dpid; port: PortNo | undefined } = { dpid: from, port: undefined };
    while (at.dpid !== to) {
      const outPort = next(at.dpid);
      const peer = outPort && this.peer(at.dpid, outPort);
      if (!peer) return undefined;
      hops.push({ dpid: at.dpid, inPort: at.port, outPort });
      at = peer;
    }
    hops.push({ dpid: to, inPort: at.port, outPort: undefined });
    return hops;
  }

  /** Sum of the weights on the path; 0 from a switch to itself; undefined when there is no path. */
  distance(from: Dpid, to: Dpid): number | undefined {
    return this.#routes.graph.distance(from, to);
  }

  /** The far end of a link that is up. */
  peer(dpid: Dpid, port: PortNo): PortAt | undefined {
    return this.#routes.peers.get(dpid)?.get(port);
  }

  /** Whether the port has a link, up or not. */
  isLinkPort(dpid: Dpid, port: PortNo): boolean {
    return this.#routes.roles.get(dpid)?.has(port) ?? false;
  }

  /** The role of a port. A host named by a file or a REST client makes its port an edge port. */
  portRole(dpid: Dpid, port: PortNo): PortRole {
    if (this.isLinkPort(dpid, port)) return "link";
    if (this.isTapPort(dpid, port)) return "tap";
    return this.#isProbing(dpid, port) ? "probing" : "edge";
  }

  /** The role of the link at a port; undefined at an edge port. */
  linkRole(dpid: Dpid, port: PortNo): LinkRole | undefined {
    const role = this.#routes.roles.get(dpid)?.get(port);
    return role ?? (this.#isProbing(dpid, port) ? "probing" : undefined);
  }

  /** The ports of a switch that are not edge ports, with their roles, by port number. */
  linkPorts(dpid: Dpid): readonly (readonly [PortNo, LinkRole])[] {
    const ports = new Map(this.#routes.roles.get(dpid));
    for (const port of this.switches.get(dpid)?.probing ?? []) {
      if (this.portRole(dpid, port) === "probing") ports.set(port, "probing");
    }
    return [...ports].sort(([x], [y]) => x - y);
  }

  /** The ports of a switch that have a link, up or not, with their roles; in no order. */
  linkRoles(dpid: Dpid): ReadonlyMap<PortNo, LinkRole> {
    return this.#routes.roles.get(dpid) ?? NO_ROLES;
  }

  /** Whether hosts are at ports of the switch. */
  hasHostsOn(dpid: Dpid): boolean {
    return this.#hostIndex.macsOn(dpid).size > 0;
  }

  /** Whether a file, a REST client or a database places a host at the port. */
  isPinned(dpid: Dpid, port: PortNo): boolean {
    return this.macsAt(dpid, port).some((mac) => {
      const origin = this.hosts.get(mac)?.origin;
      return origin !== undefined && origin !== "learned";
    });
  }

  /**
   * The project to which a port belongs: that of its switch, else the one of all hosts that are named there.
   * Hosts of several projects, or of none, behind one port: undefined, because their frames cannot be
   * distinguished.
   */
  projectAt(dpid: Dpid, port: PortNo): string | undefined {
    const ofSwitch = this.switches.get(dpid)?.project;
    if (ofSwitch !== undefined) return ofSwitch;
    const key = `${dpid} ${port}`;
    if (!this.#projects.has(key)) this.#projects.set(key, this.#projectOfHosts(dpid, port));
    return this.#projects.get(key);
  }

  #projectOfHosts(dpid: Dpid, port: PortNo): string | undefined {
    const named = this.macsAt(dpid, port)
      .flatMap((mac) => this.hosts.get(mac) ?? [])
      .filter(({ origin }) => origin !== "learned");
    const [project, ...others] = new Set(named.map((host) => host.project));
    return others.length === 0 ? project : undefined;
  }

  /**
   * Whether only copies leave by a port: a host with role `monitor` is there, and no named host without it.
   * Such a host keeps its network: what is stated about another one must not cut it off. Where another
   * application owns every table there are none: OpenVTAP keeps nothing away from a port there.
   */
  isTapPort(dpid: Dpid, port: PortNo): boolean {
    if (!this.#hostIndex.monitorsOn(dpid).has(port) || this.isLinkPort(dpid, port)) return false;
    if (isBeside(this.switches.get(dpid)?.forwarding)) return false;
    return this.macsAt(dpid, port).every((mac) => {
      const host = this.hosts.get(mac);
      return host?.role === "monitor" || host?.origin === "learned";
    });
  }

  /** The tap ports of a switch, in order. */
  tapPorts(dpid: Dpid): readonly PortNo[] {
    const ports = [...this.#hostIndex.monitorsOn(dpid).keys()];
    return ports.filter((port) => this.isTapPort(dpid, port)).sort((x, y) => x - y);
  }

  #isProbing(dpid: Dpid, port: PortNo): boolean {
    return (this.switches.get(dpid)?.probing.has(port) ?? false) && !this.isPinned(dpid, port);
  }

  /**
   * The ports that may lead to hosts, in order: those that are neither link nor tap ports, nor still being
   * probed, whether or not hosts are known there. LOCAL counts only when a host is placed there.
   */
  edgePorts(dpid: Dpid): readonly PortNo[] {
    const hosts = this.#hostIndex.macsOn(dpid);
    const links = this.linkRoles(dpid);
    const { ports = NO_PORTS, probing = NO_PROBING } = this.switches.get(dpid) ?? {};
    const edges: PortNo[] = [];
    // Ports may be ten thousand, most of them without hosts: the role of these is found at once.
    for (const port of ports.keys()) {
      if (port === LOCAL_PORT || links.has(port) || hosts.has(port)) continue;
      if (!probing.has(port)) edges.push(port);
    }
    for (const port of hosts.keys()) if (this.portRole(dpid, port) === "edge") edges.push(port);
    return edges.sort((x, y) => x - y);
  }

  /** The MAC addresses of the hosts at a port, in ascending order. */
  macsAt(dpid: Dpid, port: PortNo): readonly number[] {
    return this.#hostIndex.macsAt(dpid, port);
  }

  /** The MAC addresses of hosts that have left a port, and of which frames from there are to be reported. */
  watchedAt(dpid: Dpid, port: PortNo): readonly number[] {
    return this.#hostIndex.watchedAt(dpid, port);
  }

  /** The MAC addresses of the hosts at the ports of a switch. */
  *macsOn(dpid: Dpid): Iterable<number> {
    for (const macs of this.#hostIndex.macsOn(dpid).values()) yield* macs;
  }

  /** The switches that have hosts. */
  switchesWithHosts(): readonly Dpid[] {
    return [...this.#hostIndex.dpids];
  }

  /** Whether port roles and paths between switches are the same as in another snapshot. */
  isRoutedLike(other: Topology): boolean {
    return this.#routes === other.#routes || this.#routes.signature === other.#routes.signature;
  }

  /** Why an attachment cannot be used, as a clause; undefined when it can. */
  problemOf(attachment: Attachment): string | undefined {
    const { dpid, port, written } = attachment;
    const found = this.switches.get(dpid);
    if (!found) return `switch ${dpid} is not in the topology`;
    if (port !== undefined) return undefined;
    if (!found.portsKnown) {
      return `port ${written} of switch ${found.name} is not known before the switch connects`;
    }
    return `port ${written} of switch ${found.name} does not exist (yet)`;
  }

  get #routes(): Routing {
    if (!this.#routing) {
      const unchanged =
        this.#previous?.signature === routingSignature(this.switches, this.links)
          ? this.#previous
          : undefined;
      this.#routing = unchanged ?? computeRouting(this.switches, this.links);
    }
    return this.#routing;
  }
}

const NO_ROLES: ReadonlyMap<PortNo, LinkRole> = new Map();
const NO_PORTS: Switch["ports"] = PersistentMap.empty();
const NO_PROBING: ReadonlySet<PortNo> = new Set();
