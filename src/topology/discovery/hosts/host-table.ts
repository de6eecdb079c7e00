// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../../lang/steps.ts";
import type { ObservedHost } from "../../../packet/index.ts";
import type { Dpid } from "../../dpid.ts";
import type { PortAt } from "../../port-at.ts";
import { isTapMark } from "../../tap-mark-range.ts";
import { AddressBook } from "./address-book.ts";
import { FormerPlaces } from "./former-places.ts";
import { ConflictBook, type ConflictNotice, type ConflictRecord } from "./host-conflicts.ts";
import { HostEntry, type LearnedHost } from "./host-entry.ts";
import { HOST_LIMITS, type HostLimits } from "./host-limits.ts";
import { plainPort, samePort } from "./host-moves.ts";
import { type HostProbe, overdueProbes } from "./host-probes.ts";
import type { NamedHost, RememberedHost } from "./known-hosts.ts";
import { isLearnableMac } from "./learnable-mac.ts";
import type { LearnedPort } from "./learned-port.ts";
import { LearnedPorts } from "./learned-ports.ts";
import { MonitorHosts } from "./monitor-hosts.ts";
import { PublishedHosts } from "./published-hosts.ts";

/** Hosts that are checked in one step. */
const CHECKED_PER_STEP = 100;

/**
 * The hosts learned from frames, and the conflicts between them. Time, in milliseconds, is a
 * parameter; nothing happens by itself. `at` is always an edge port: frames from other ports say
 * nothing about hosts, and the caller leaves them out.
 *
 * A host is identified by its MAC address and is at one port. What changes that:
 * - observed for the first time → learned there, within the port's budget
 * - observed at another port → moves there at once, unless it is held (see `MoveDamper`) or a monitor
 *   (see `MonitorHosts`); the port it leaves remains a former place (see `FormerPlaces`)
 * - silent for the expiry time, and no answer to probes → forgotten, its addresses one by one before
 * - named by a file or over REST → no longer learned; observations no longer move it
 * - its port is no longer an edge port, or room is needed → forgotten
 *
 * While a switch is disconnected nothing of it can be observed, so nothing of it expires.
 */
export class HostTable {
  readonly #limits: HostLimits;
  readonly #entries = new Map<number, HostEntry>();
  readonly #ports: LearnedPorts;
  readonly #conflicts = new ConflictBook();
  readonly #addresses: AddressBook;
  readonly #former: FormerPlaces;
  readonly #reachable = new Set<Dpid>();
  readonly #named = new Map<number, NamedHost>();
  readonly #published = new PublishedHosts(this.#entries);
  /** The learned hosts that policies name as monitors. */
  readonly monitors: MonitorHosts;
  #refused = 0;

  /** `isGone`: whether a port is known to be down, or not to exist. */
  constructor(limits: Partial<HostLimits> = {}, isGone: (at: PortAt) => boolean = () => false) {
    this.#limits = { ...HOST_LIMITS, ...limits };
    this.#ports = new LearnedPorts(this.#limits);
    this.#addresses = new AddressBook({
      conflicts: this.#conflicts,
      perHost: this.#limits.addressesPerHost,
      changed: (entry) => this.#touch(entry),
      isContested: (...claim) => this.monitors.isContested(...claim),
    });
    this.monitors = new MonitorHosts({
      limits: this.#limits,
      conflicts: this.#conflicts,
      entries: this.#entries,
      addresses: this.#addresses,
      isGone,
      isReachable: (dpid) => this.#reachable.has(dpid),
      move: (...move) => this.#moveBack(...move),
    });
    this.#former = new FormerPlaces({
      limits: this.#limits,
      changed: (entry) => this.#touch(entry),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Observations of new hosts rejected because the table or port was full, or the port's budget empty. */
  get refused(): number {
    return this.#refused;
  }

  /** Applies what a frame that entered by an edge port says of its sender. */
  observed(at: PortAt, host: ObservedHost, now: number): void {
    const { mac, vlan, claims } = host;
    const named = this.#named.get(mac);
    if (named) {
      this.#observedNamed(named, at, host, now);
      return;
    }
    if (isTapMark(mac)) this.#conflicts.saw({ kind: "mark", mac, at: plainPort(at) }, now);
    if (!isLearnableMac(mac)) return;
    const entry = this.#entries.get(mac) ?? this.#learn(mac, at, now);
    if (!entry || (host.isOrdinary && this.#isLeftBehind(entry, at, now))) return;
    if (!this.#follow(entry, at, now)) return;
    entry.seen(now);
    this.monitors.seen(entry, host, now);
    if (vlan !== undefined) this.#observedVlan(entry, vlan, now);
    for (const claim of claims) this.#addresses.claim(entry, claim, vlan, now);
  }

  /**
   * Sets a host that a file or a REST client names, or undefined when none does any longer: it is not
   * learned, and no frame moves it.
   */
  setNamed(mac: number, host: NamedHost | undefined): void {
    const old = this.#named.get(mac);
    if (host) {
      this.#named.set(mac, host);
      this.forget(mac);
      this.#conflicts.endWhere((each) => each.kind === "mark" && each.mac === mac);
    } else if (this.#named.delete(mac)) {
      this.#conflicts.endWhere((each) => each.kind === "place" && each.mac === mac);
    }
    if (old?.ips !== host?.ips) this.#addresses.setStatic(mac, old?.ips ?? [], host?.ips ?? []);
  }

  /** Forgets a learned host; false when there is none. */
  forget(mac: number): boolean {
    const entry = this.#entries.get(mac);
    if (entry) this.#remove(entry);
    return entry !== undefined;
  }

  /** Forgets the hosts at every port that is not an edge port, except monitors that one other place claims. */
  keepOnly(isEdge: (at: PortAt) => boolean): void {
    this.monitors.keepOnly(isEdge);
    for (const port of this.#ports.all()) {
      if (port.hosts.size === 0 || isEdge(port)) continue;
      for (const entry of [...port.hosts]) {
        if (!this.monitors.inherit(entry)) this.#remove(entry);
      }
    }
    for (const { damper } of this.#entries.values()) damper.keepOnly(isEdge);
    this.keepFormer(isEdge);
  }

  /** Ends the former places of hosts at ports for which the predicate does not hold: they are down, say. */
  keepFormer(isKept: (at: PortAt) => boolean): void {
    this.#former.keepOnly(isKept);
    this.#endConflicts();
  }

  /** A switch is connected: hosts silent meanwhile get a grace period before they expire. */
  switchUp(dpid: Dpid, now: number): void {
    this.#reachable.add(dpid);
    const grace = this.#limits.expiryMs / 10;
    const atLeast = now - this.#limits.expiryMs + grace;
    for (const { hosts } of this.#ports.ofSwitch(dpid)) {
      for (const entry of hosts) {
        this.monitors.switchChanged(entry);
        entry.lastSeen = Math.max(entry.lastSeen, atLeast);
        for (const use of entry.ips.values()) use.lastSeen = Math.max(use.lastSeen, atLeast);
      }
    }
  }

  switchDown(dpid: Dpid): void {
    this.#reachable.delete(dpid);
    for (const { hosts } of this.#ports.ofSwitch(dpid)) {
      for (const entry of hosts) this.monitors.switchChanged(entry);
    }
  }

  /**
   * Restores hosts stored before a restart; they count as confirmed. They have the whole expiry time to be seen at the
   * ports that they have left.
   */
  restore(hosts: Iterable<RememberedHost>, now: number): void {
    for (const host of hosts) {
      const { mac, lastSeen } = host;
      const isKnown = this.#entries.has(mac) || this.#named.has(mac);
      if (isKnown || !isLearnableMac(mac) || this.size >= this.#limits.hosts) continue;
      const entry = this.#enter(mac, this.#ports.at(host, now), now);
      entry.lastSeen = lastSeen;
      entry.confirm();
      for (const vlan of host.vlans) entry.vlans.set(vlan, lastSeen);
      for (const ip of host.ips) this.#addresses.restore(entry, ip, lastSeen);
      for (const place of host.formerly ?? []) this.#former.left(entry, place, now);
    }
  }

  /**
   * Forgets what is due, frees held hosts, and returns the probes to send to silent hosts. Hosts may be
   * observed and forgotten meanwhile.
   */
  *checking(now: number): Steps<readonly HostProbe[]> {
    const probes: HostProbe[] = [];
    let checked = 0;
    for (const entry of this.#entries.values()) {
      if (++checked % CHECKED_PER_STEP === 0) yield;
      this.#release(entry, now);
      this.monitors.check(entry);
      this.#former.check(entry, now);
      if (!this.#reachable.has(entry.at.dpid)) continue;
      const { gone, asked } = overdueProbes(entry, now, this.#limits, probes.length);
      probes.push(...asked);
      for (const key of gone) {
        if (!this.monitors.isAddressKept(entry, key, now)) this.#addresses.drop(entry, key);
      }
      this.#expire(entry, now);
    }
    this.monitors.settle(now);
    this.monitors.lapse(now - this.#limits.conflictMs);
    this.#conflicts.lapse(now - this.#limits.conflictMs);
    this.#ports.forgetIdle(now);
    return probes;
  }

  /** Whether `due` has nothing to do. */
  get isIdle(): boolean {
    return this.#entries.size === 0 && this.#conflicts.size === 0;
  }

  /** When a host was last observed; undefined for one that is not learned. */
  lastSeen(mac: number): number | undefined {
    return this.#entries.get(mac)?.lastSeen;
  }

  conflicts(): ReadonlyMap<number, readonly ConflictRecord[]> {
    return this.#conflicts.byMac();
  }

  /**
   * The learned hosts if they changed since the last call, and the conflict notices since then. At most
   * `limit` changes of hosts; the others, if there are `more`, come with the next call.
   */
  takeChanges(limit = Infinity): {
    readonly hosts: ReadonlyMap<number, LearnedHost> | undefined;
    readonly more: boolean;
    readonly notices: readonly ConflictNotice[];
  } {
    const notices = this.#conflicts.takeNotices();
    return { ...this.#published.take(limit), notices };
  }

  /** The learned hosts. */
  hosts(): ReadonlyMap<number, LearnedHost> {
    return this.#published.upTo(Infinity);
  }

  #touch(entry: HostEntry): void {
    this.#published.touch(entry);
    this.monitors.follow(entry);
  }

  #observedNamed(named: NamedHost, at: PortAt, { claims }: ObservedHost, now: number): void {
    if (named.port === undefined) return;
    if (!samePort({ dpid: named.dpid, port: named.port }, at)) {
      this.#conflicts.saw({ kind: "place", mac: named.mac, at: plainPort(at) }, now);
      return;
    }
    const claimant = { mac: named.mac, at };
    for (const claim of claims) this.#addresses.claimOfNamed(claimant, claim, now);
  }

  #learn(mac: number, at: PortAt, now: number): HostEntry | undefined {
    const port = this.#admitted(at, now, this.size >= this.#limits.hosts);
    return port && this.#enter(mac, port, now);
  }

  /** The port, if it may add one more host; evicts a host that was observed only once if needed. */
  #admitted(at: PortAt, now: number, isTableFull: boolean): LearnedPort | undefined {
    const admitted = this.#ports.admit(at, now, isTableFull);
    if (admitted?.instead) this.#remove(admitted.instead);
    if (!admitted) this.#refused++;
    return admitted?.port;
  }

  /** Moves a host to where it is observed; false when its claims from there do not count. */
  #follow(entry: HostEntry, at: PortAt, now: number): boolean {
    const isHere = samePort(entry.at, at);
    if (this.monitors.isWatched(entry)) {
      return isHere || this.monitors.observedElsewhere(entry, plainPort(at), now);
    }
    if (isHere && !entry.damper.isHeld) return true;
    const move = entry.damper.seen(entry.at, at, now, this.#limits);
    if (move.type === "held") this.#moveBack(entry, move.home, now);
    if (entry.damper.isHeld) {
      const [held, seen] = [plainPort(entry.at), plainPort(at)];
      this.#conflicts.saw({ kind: "flapping", mac: entry.mac, held, at: seen }, now);
      if (samePort(entry.at, at)) return true;
      this.#former.used(entry, at, now);
      return false;
    }
    if (isHere) return true;
    const port = this.#admitted(at, now, false);
    if (port) this.#move(entry, port, now);
    return port !== undefined;
  }

  /**
   * Whether an ordinary frame comes from a port that the host has left, and where others are known. It does not
   * move the host back: it may have been on its way, and the host need not announce itself again.
   */
  #isLeftBehind(entry: HostEntry, at: PortAt, now: number): boolean {
    if (samePort(entry.at, at) || !this.#former.has(entry, at)) return false;
    if (this.#ports.at(at, now).hosts.size === 0) return false;
    this.#former.used(entry, at, now);
    const [here, former] = [plainPort(entry.at), plainPort(at)];
    this.#conflicts.saw({ kind: "former", mac: entry.mac, at: here, former }, now);
    return true;
  }

  /** Ends the conflicts about places that hosts no longer have. */
  #endConflicts(): void {
    this.#conflicts.endWhere((each) => {
      if (each.kind !== "former") return false;
      const entry = this.#entries.get(each.mac);
      return !entry || !this.#former.has(entry, each.former) || !samePort(entry.at, each.at);
    });
  }

  /** A move for which the port's budget does not count: if the port has no room, the host stays. */
  #moveBack(entry: HostEntry, to: PortAt, now: number): void {
    if (samePort(entry.at, to)) return;
    const room = this.#ports.roomAt(this.#ports.at(to, now));
    if (room?.instead) this.#remove(room.instead);
    if (room) this.#move(entry, to, now);
  }

  #move(entry: HostEntry, to: PortAt, now: number): void {
    const from = entry.at;
    from.remove(entry);
    entry.at = this.#ports.at(to, now);
    entry.placedAt = now;
    // Confirmed elsewhere, not here: a forger of known addresses must not fill a port for good.
    entry.isConfirmed = false;
    entry.at.add(entry);
    this.#touch(entry);
    const hadFormer = entry.formerly.length > 0;
    this.#former.left(entry, from, now);
    if (hadFormer) this.#endConflicts();
  }

  #release(entry: HostEntry, now: number): void {
    const released = entry.damper.release(now, this.#limits.quietMs);
    if (!released) return;
    if (released.at) this.#moveBack(entry, released.at, now);
    this.#conflicts.endWhere((each) => each.kind === "flapping" && each.mac === entry.mac);
  }

  #observedVlan(entry: HostEntry, vlan: number, now: number): void {
    const { vlans } = entry;
    if (!vlans.has(vlan)) {
      if (vlans.size >= this.#limits.addressesPerHost) return;
      this.#touch(entry);
    }
    vlans.set(vlan, now);
  }

  #expire(entry: HostEntry, now: number): void {
    const since = now - this.#limits.expiryMs;
    if (entry.lastSeen <= since && entry.ips.size === 0 && !this.monitors.isKept(entry)) {
      this.#remove(entry);
      return;
    }
    for (const [vlan, seen] of entry.vlans) {
      // The last VLAN of a silent host stays as long as the host.
      if (seen > since || entry.vlans.size === 1) continue;
      entry.vlans.delete(vlan);
      this.#touch(entry);
    }
  }

  #enter(mac: number, port: LearnedPort, now: number): HostEntry {
    const entry = new HostEntry(mac, port, now);
    this.#entries.set(mac, entry);
    port.add(entry);
    this.#touch(entry);
    return entry;
  }

  #remove(entry: HostEntry): void {
    this.#addresses.dropAll(entry);
    entry.at.remove(entry);
    this.#entries.delete(entry.mac);
    this.#published.touch(entry);
    this.monitors.forget(entry);
    this.#former.forget(entry);
    if (entry.formerly.length > 0) this.#endConflicts();
    if (!entry.damper.isHeld) return;
    this.#conflicts.endWhere((each) => each.kind === "flapping" && each.mac === entry.mac);
  }
}
