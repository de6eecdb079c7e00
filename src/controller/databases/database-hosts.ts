// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../../lang/persistent-map.ts";
import type { Steps } from "../../lang/steps.ts";
import { parseMac } from "../../openflow/index.ts";
import { type BRIDGE, INTERFACE, PORT, type Replica, type RowOf } from "../../ovsdb/index.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Dpid, HostConfig } from "../../topology/index.ts";

/** Most hosts that are named by databases. */
const MOST_HOSTS = 200_000;
const MOST_NAME_CHARACTERS = 64;
const MULTICAST_BIT = 2 ** 40;

/** An interface that a database shows: a host with its place. */
interface Claim {
  readonly session: OvsdbSession;
  readonly host: HostConfig;
}

/**
 * The hosts that databases name, by MAC address. The interface that has appeared last counts: when a
 * workload migrates, its interface is on both hypervisors for a while. When none is left the host stays
 * where it was: one that restarts is not another one.
 */
export class DatabaseHosts {
  /** The interfaces of each address, in the order in which they appeared. */
  readonly #claims = new Map<number, readonly Claim[]>();
  /** The addresses that each session shows. */
  readonly #shown = new Map<OvsdbSession, ReadonlySet<number>>();
  #hosts = PersistentMap.empty<number, HostConfig>();

  /** All of them; the same object while nothing differs. */
  get hosts(): PersistentMap<number, HostConfig> {
    return this.#hosts;
  }

  /** A session shows these interfaces, and no other. In steps. */
  *show(session: OvsdbSession, found: ReadonlyMap<number, readonly HostConfig[]>): Steps<void> {
    for (const mac of this.#shown.get(session) ?? []) {
      if (found.has(mac)) continue;
      this.#claim(mac, session, []);
      yield;
    }
    const shown = new Set<number>();
    for (const [mac, hosts] of found) {
      if (!this.#hosts.has(mac) && this.#hosts.size >= MOST_HOSTS) continue;
      shown.add(mac);
      this.#claim(mac, session, hosts);
      yield;
    }
    if (shown.size > 0) this.#shown.set(session, shown);
    else this.#shown.delete(session);
  }

  #claim(mac: number, session: OvsdbSession, hosts: readonly HostConfig[]): void {
    const before = this.#claims.get(mac) ?? [];
    const isOther = (claim: Claim) => claim.session !== session;
    const left = before.filter(
      (claim) => isOther(claim) || hosts.some((host) => isSame(host, claim.host)),
    );
    const added = hosts.filter(
      (host) => !left.some((claim) => !isOther(claim) && isSame(host, claim.host)),
    );
    const claims = [...left, ...added.map((host) => ({ session, host }))];
    if (claims.length > 0) this.#claims.set(mac, claims);
    else this.#claims.delete(mac);
    const host = claims.at(-1)?.host;
    const known = this.#hosts.get(mac);
    if (host === undefined || (known !== undefined && isSame(known, host))) return;
    this.#hosts = this.#hosts.with(mac, host);
  }
}

function isSame(a: HostConfig, b: HostConfig): boolean {
  return a.dpid === b.dpid && a.port === b.port && a.name === b.name;
}

/** The hosts that interfaces of a bridge name by `iface-id` and `attached-mac`; one without a port is left out. */
export function* hostsOfBridge(
  replica: Replica,
  { ports }: RowOf<typeof BRIDGE>,
  dpid: Dpid,
): Generator<HostConfig> {
  for (const port of ports) {
    for (const uuid of replica.row(PORT, port)?.interfaces ?? []) {
      const { externalIds, ofport = 0 } = replica.row(INTERFACE, uuid) ?? {};
      const name = externalIds?.get("iface-id") ?? "";
      const mac = parseMac(externalIds?.get("attached-mac") ?? "");
      const isNamed = name !== "" && name.length <= MOST_NAME_CHARACTERS;
      if (!isNamed || mac === undefined || mac === 0 || isGroup(mac) || ofport <= 0) continue;
      yield { name, mac, ips: NO_ADDRESSES, dpid, port: ofport };
    }
  }
}

/** The same list each time: hosts are compared by it. */
const NO_ADDRESSES: HostConfig["ips"] = [];

function isGroup(mac: number): boolean {
  return Math.floor(mac / MULTICAST_BIT) % 2 === 1;
}
