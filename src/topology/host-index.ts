// SPDX-License-Identifier: Apache-2.0
import { lowerBound } from "../lang/lower-bound.ts";
import { OrderedKeys } from "../lang/ordered-keys.ts";
import { mapDifferenceSteps, PersistentMap } from "../lang/persistent-map.ts";
import type { Steps } from "../lang/steps.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import { formatIpAddress, type IpAddress } from "./ip-address.ts";
import type { Host } from "./model.ts";

type Hosts = ReadonlyMap<number, Host>;
/** In ascending order. */
type Macs = readonly number[];
type MacsByPort = PersistentMap<PortNo, Macs>;

/**
 * Hosts by name, by IP address and by port, and in order. Immutable; the index of changed hosts is made from the one
 * before, in the time of the number of changes.
 */
export class HostIndex {
  readonly #hosts: Hosts;
  readonly #order: OrderedKeys<number>;
  readonly #names: PersistentMap<string, Macs>;
  readonly #ips: PersistentMap<string, Macs>;
  readonly #ports: PersistentMap<Dpid, MacsByPort>;
  /** Of these, the hosts with role `monitor`. */
  readonly #monitors: PersistentMap<Dpid, MacsByPort>;
  /** The hosts of which frames are to be reported at a port that they have left. */
  readonly #watched: PersistentMap<Dpid, MacsByPort>;

  private constructor(
    hosts: Hosts,
    order: OrderedKeys<number>,
    names: PersistentMap<string, Macs>,
    ips: PersistentMap<string, Macs>,
    ports: PersistentMap<Dpid, MacsByPort>,
    monitors: PersistentMap<Dpid, MacsByPort>,
    watched: PersistentMap<Dpid, MacsByPort>,
  ) {
    this.#hosts = hosts;
    this.#order = order;
    this.#names = names;
    this.#ips = ips;
    this.#ports = ports;
    this.#monitors = monitors;
    this.#watched = watched;
  }

  static get empty(): HostIndex {
    const nothing = PersistentMap.empty<never, never>();
    return new HostIndex(nothing, OrderedKeys.empty(), nothing, nothing, nothing, nothing, nothing);
  }

  /** The index of other hosts. */
  *movingTo(hosts: Hosts): Steps<HostIndex> {
    let [names, ips, ports] = [this.#names, this.#ips, this.#ports];
    let [order, monitors, watched] = [this.#order, this.#monitors, this.#watched];
    for (const [mac, old, now] of yield* mapDifferenceSteps(this.#hosts, hosts)) {
      yield;
      if (!old) order = order.with(mac);
      else if (!now) order = order.without(mac);
      names = moved(names, mac, namesOf(old), namesOf(now));
      if (old?.ips !== now?.ips) ips = moved(ips, mac, addressesOf(old), addressesOf(now));
      if (old?.formerly !== now?.formerly) watched = watchedAfter(watched, mac, old, now);
      if (old?.dpid === now?.dpid && old?.port === now?.port && old?.role === now?.role) continue;
      ports = placed(ports, mac, old, now);
      monitors = placed(monitors, mac, old?.role && old, now?.role && now);
    }
    return new HostIndex(hosts, order, names, ips, ports, monitors, watched);
  }

  /** The hosts with MAC addresses above one (all, if none is given), in ascending order of them. */
  *after(mac?: number): Iterable<Host> {
    for (const each of this.#order.after(mac)) {
      const host = this.#hosts.get(each);
      if (host) yield host;
    }
  }

  /** A name of a file or client is not taken by what a database shows. */
  named(name: string): Host | undefined {
    const hosts = (this.#names.get(name) ?? []).flatMap((mac) => this.#hosts.get(mac) ?? []);
    return hosts.find(({ origin }) => origin !== "ovsdb") ?? hosts[0];
  }

  /** In ascending order of their MAC addresses. */
  withIp(ip: IpAddress): readonly Host[] {
    const macs = this.#ips.get(formatIpAddress(ip)) ?? [];
    return macs.flatMap((mac) => this.#hosts.get(mac) ?? []);
  }

  /** In ascending order. */
  macsAt(dpid: Dpid, port: PortNo): Macs {
    return this.#ports.get(dpid)?.get(port) ?? [];
  }

  /** The MAC addresses of a switch, by port. */
  macsOn(dpid: Dpid): ReadonlyMap<PortNo, Macs> {
    return this.#ports.get(dpid) ?? NO_MACS;
  }

  /** The MAC addresses of a switch's hosts with role `monitor`, by port. */
  monitorsOn(dpid: Dpid): ReadonlyMap<PortNo, Macs> {
    return this.#monitors.get(dpid) ?? NO_MACS;
  }

  /** The hosts of which frames are to be reported at a port that they have left, in ascending order. */
  watchedAt(dpid: Dpid, port: PortNo): Macs {
    return this.#watched.get(dpid)?.get(port) ?? [];
  }

  /** The switches with hosts. */
  get dpids(): Iterable<Dpid> {
    return this.#ports.keys();
  }
}

const NO_MACS: MacsByPort = PersistentMap.empty();

function namesOf(host: Host | undefined): readonly string[] {
  return host?.name === undefined ? [] : [host.name];
}

function addressesOf(host: Host | undefined): readonly string[] {
  return host?.ips.map(formatIpAddress) ?? [];
}

/** The groups after a member has left some and entered others. */
function moved(
  groups: PersistentMap<string, Macs>,
  mac: number,
  old: readonly string[],
  now: readonly string[],
): PersistentMap<string, Macs> {
  let left = groups;
  for (const key of old) if (!now.includes(key)) left = withoutMember(left, key, mac);
  for (const key of now) left = withMember(left, key, mac);
  return left;
}

/** The hosts by port after one of them has left its place for another one. */
function placed(
  ports: PersistentMap<Dpid, MacsByPort>,
  mac: number,
  old: Host | undefined,
  now: Host | undefined,
): PersistentMap<Dpid, MacsByPort> {
  let left = ports;
  if (old?.port !== undefined) left = withoutHost(left, old.dpid, old.port, mac);
  if (now?.port !== undefined) left = withHost(left, now.dpid, now.port, mac);
  return left;
}

/** The hosts that are watched at ports which they have left, after a change of one of them. */
function watchedAfter(
  ports: PersistentMap<Dpid, MacsByPort>,
  mac: number,
  old: Host | undefined,
  now: Host | undefined,
): PersistentMap<Dpid, MacsByPort> {
  let left = ports;
  for (const { dpid, port, isWatched } of old?.formerly ?? []) {
    if (isWatched) left = withoutHost(left, dpid, port, mac);
  }
  for (const { dpid, port, isWatched } of now?.formerly ?? []) {
    if (isWatched) left = withHost(left, dpid, port, mac);
  }
  return left;
}

function withHost(
  ports: PersistentMap<Dpid, MacsByPort>,
  dpid: Dpid,
  port: PortNo,
  mac: number,
): PersistentMap<Dpid, MacsByPort> {
  return ports.with(dpid, withMember(ports.get(dpid) ?? NO_MACS, port, mac));
}

function withoutHost(
  ports: PersistentMap<Dpid, MacsByPort>,
  dpid: Dpid,
  port: PortNo,
  mac: number,
): PersistentMap<Dpid, MacsByPort> {
  const left = withoutMember(ports.get(dpid) ?? NO_MACS, port, mac);
  return left.size === 0 ? ports.without(dpid) : ports.with(dpid, left);
}

function withMember<K extends number | string>(
  groups: PersistentMap<K, Macs>,
  key: K,
  mac: number,
): PersistentMap<K, Macs> {
  const macs = groups.get(key) ?? [];
  const at = lowerBound(macs, mac);
  return macs[at] === mac ? groups : groups.with(key, macs.toSpliced(at, 0, mac));
}

function withoutMember<K extends number | string>(
  groups: PersistentMap<K, Macs>,
  key: K,
  mac: number,
): PersistentMap<K, Macs> {
  const macs = groups.get(key) ?? [];
  const at = lowerBound(macs, mac);
  if (macs[at] !== mac) return groups;
  return macs.length === 1 ? groups.without(key) : groups.with(key, macs.toSpliced(at, 1));
}
