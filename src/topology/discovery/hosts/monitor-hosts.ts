// SPDX-License-Identifier: Apache-2.0
import type { ObservedHost } from "../../../packet/index.ts";
import type { Dpid } from "../../dpid.ts";
import type { IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";
import { PROBE_SOURCE } from "../probe-address.ts";
import type { AddressBook, Claimant } from "./address-book.ts";
import type { ConflictBook, MonitorConflict } from "./host-conflicts.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";
import { type HostLimits, PROBE_SHARE, PROBES, PROBES_AT_ONCE } from "./host-limits.ts";
import { plainPort, samePort } from "./host-moves.ts";
import type { HostProbe } from "./host-probes.ts";
import { type MonitorClaim, MonitorWatch } from "./monitor-watch.ts";

type ClaimTest = Parameters<MonitorWatch["dropClaims"]>[0];

/** Dependencies of `MonitorHosts`. */
interface MonitorHostsDeps {
  readonly limits: HostLimits;
  readonly conflicts: ConflictBook;
  readonly entries: ReadonlyMap<number, HostEntry>;
  readonly addresses: AddressBook;
  /** Whether a port is known to be down, or not to exist. */
  readonly isGone: (at: PortAt) => boolean;
  /** Whether frames can be sent through a switch. */
  readonly isReachable: (dpid: Dpid) => boolean;
  /** Moves a host, if there is room at the port. */
  readonly move: (entry: HostEntry, to: PortAt, now: number) => void;
}

/**
 * Which learned hosts are monitors, and when they may move. Copies follow a monitor, so a forged frame
 * must not move it.
 *
 * A monitor at its place, with `monitorMoves` `verified`:
 * - it, or its address, is observed elsewhere → the claim stands, is reported, and is kept for the conflict time
 * - it answers a probe at its place that was sent after the claim → the claim is refuted until it is repeated
 * - its port goes down or away, and one place claims it unrefuted → it is there, at once
 * - its port is gone, and it is claimed → the same
 * - it has answered probes at its place, has left them unanswered for `monitorMoveMs`, and one place claims
 *   it → it is there
 * - several places claim it → it stays, whatever happens
 *
 * With `never` it stays in all these cases; with `any` there are no monitors here, and hosts move as all do.
 */
export class MonitorHosts {
  readonly #deps: MonitorHostsDeps;
  readonly #macs = new Set<number>();
  readonly #ips = new Set<IpKey>();
  readonly #watches = new Map<number, MonitorWatch>();
  /** Those that are claimed elsewhere. */
  readonly #contested = new Set<MonitorWatch>();
  /** Those that may have to be probed soon. */
  readonly #asking = new Set<MonitorWatch>();

  constructor(deps: MonitorHostsDeps) {
    this.#deps = deps;
  }

  /** Policies begin or cease to name a monitor by a MAC address. */
  nameMac(mac: number, isNamed: boolean): void {
    if (isNamed) this.#macs.add(mac);
    else this.#macs.delete(mac);
    const entry = this.#deps.entries.get(mac);
    if (entry) this.follow(entry);
  }

  /** Policies begin or cease to name a monitor by an IP address. */
  nameIp(ip: IpKey, isNamed: boolean): void {
    if (isNamed) this.#ips.add(ip);
    else this.#ips.delete(ip);
    for (const entry of this.#deps.addresses.usersOf(ip)) this.follow(entry);
  }

  /** A host is new, or its place, its addresses or its names in policies have changed. */
  follow(entry: HostEntry): void {
    const watch = this.#watches.get(entry.mac);
    if (!this.#isMonitor(entry)) {
      if (watch) this.forget(entry);
      return;
    }
    if (!watch) this.#begin(entry);
    else if (watch.follow()) this.#settled(watch);
    else this.#drop(watch, ({ ip }) => ip !== undefined && !this.#holds(entry, ip.value));
  }

  /** A host is no longer in the table. */
  forget(entry: HostEntry): void {
    const watch = this.#watches.get(entry.mac);
    if (!watch) return;
    this.#watches.delete(entry.mac);
    this.#asking.delete(watch);
    this.#drop(watch, () => true);
  }

  /** Whether no frame from elsewhere moves a host by itself. */
  isWatched({ mac }: HostEntry): boolean {
    return this.#watches.has(mac);
  }

  /** A monitor is observed at another port; true if it is there now. */
  observedElsewhere(entry: HostEntry, at: PortAt, now: number): boolean {
    this.#claimed(entry, { mac: entry.mac, at }, now);
    return samePort(entry.at, at);
  }

  /** Whether an address of a monitor, which another host claims, stays with it or has just passed on. */
  isContested({ mac, at }: Claimant, ip: IpAddress, now: number): boolean {
    for (const entry of this.#deps.addresses.usersOf(ip.value)) {
      if (entry.mac === mac || !this.isWatched(entry) || !this.#holds(entry, ip.value)) continue;
      this.#claimed(entry, { mac, at: plainPort(at), ip }, now);
      return true;
    }
    return false;
  }

  /** Moves the monitors that yield to a claim now: ports have gone, or probes are unanswered. */
  settle(now: number): void {
    for (const { entry } of [...this.#contested]) this.#yield(entry, this.#accepted(entry), now);
  }

  /** The place of a host ceases to be one: a monitor is where one other place claims it. False: it is not. */
  inherit(entry: HostEntry): boolean {
    const claims = this.#watches.get(entry.mac)?.candidates(this.#deps.isGone) ?? [];
    const isFixed = this.#deps.limits.monitorMoves === "never";
    return !isFixed && this.#yield(entry, claims, entry.lastSeen);
  }

  /** A frame of a host from its place. */
  seen(entry: HostEntry, { to, claims }: ObservedHost, now: number): void {
    const watch = this.#watches.get(entry.mac);
    if (!watch) return;
    const uses = claims.flatMap(({ kind, ip }) => (kind === "uses" ? [ip.value] : []));
    watch.seen(now, to === PROBE_SOURCE ? uses : []);
  }

  /**
   * Whether a silent host is kept: as long as it may only move by its port, another host that uses its address
   * must not appear in its place.
   */
  isKept(entry: HostEntry): boolean {
    const watch = this.#watches.get(entry.mac);
    const { limits, isGone } = this.#deps;
    if (!watch) return false;
    if (limits.monitorMoves === "never") return true;
    return !isGone(entry.at) && !watch.hasFallenSilent(limits.monitorMoveMs);
  }

  /** Whether an address is kept that a host has not shown for the expiry time. */
  isAddressKept(entry: HostEntry, ip: IpKey, now: number): boolean {
    const isSilent = entry.lastSeen <= now - this.#deps.limits.expiryMs;
    return (isSilent || this.#ips.has(ip)) && this.isKept(entry);
  }

  /** Claims at ports that are no longer edge ports end. */
  keepOnly(isEdge: (at: PortAt) => boolean): void {
    for (const watch of this.#contested) this.#drop(watch, ({ at }) => !isEdge(at));
  }

  /** Claims that have not been repeated since `time` end. */
  lapse(time: number): void {
    for (const watch of this.#contested) this.#drop(watch, ({ last }) => last <= time);
  }

  /**
   * The switch of a host is connected or disconnected: nothing is concluded from its silence so far, and it is
   * probed when it can be.
   */
  switchChanged(entry: HostEntry): void {
    const watch = this.#watches.get(entry.mac);
    if (!watch) return;
    watch.forgetSilence();
    this.#asking.add(watch);
  }

  /** Looks for what is to be probed without a cause from outside. */
  check(entry: HostEntry): void {
    const watch = this.#watches.get(entry.mac);
    if (watch) this.#asking.add(watch);
  }

  get hasProbes(): boolean {
    return this.#asking.size > 0;
  }

  /** The probes to send now; `hasProbes` afterwards: more may be due at the next call. */
  probes(now: number): readonly HostProbe[] {
    const { limits, isGone, isReachable } = this.#deps;
    const due: HostProbe[] = [];
    const everyMs = (limits.expiryMs * PROBE_SHARE) / 2;
    const silence = { since: now - limits.expiryMs * (1 - PROBES * PROBE_SHARE), everyMs };
    for (const watch of [...this.#asking]) {
      if (due.length === PROBES_AT_ONCE) return due;
      const { at } = watch.entry;
      const canAsk = limits.probes && isReachable(at.dpid) && !isGone(at);
      const probe = canAsk ? watch.nextProbe(now, silence, (key) => this.#ips.has(key)) : undefined;
      this.#asking.delete(watch);
      if (!probe) continue;
      // To the end: of very many each has its turn.
      this.#asking.add(watch);
      due.push(probe);
    }
    return due;
  }

  /** A probe was sent for certain at `sentAt`. */
  probed(probe: HostProbe, sentAt: number): void {
    this.#watches.get(probe.mac)?.probed(probe, sentAt);
  }

  #claimed(entry: HostEntry, claim: MonitorClaim, now: number): void {
    const watch = this.#watches.get(entry.mac);
    const standing = watch?.claim(claim, now);
    if (!watch || !standing) return;
    this.#contested.add(watch);
    this.#asking.add(watch);
    this.#deps.conflicts.saw(conflictOf(entry, standing), now);
    this.#yield(entry, this.#accepted(entry), now);
  }

  /** The claims that a monitor now yields to: all of one place. */
  #accepted(entry: HostEntry): readonly MonitorClaim[] {
    const watch = this.#watches.get(entry.mac);
    const { isGone, limits } = this.#deps;
    if (!watch || limits.monitorMoves === "never") return [];
    const candidates = watch.candidates(isGone);
    if (isGone(entry.at)) return candidates;
    return candidates.filter((each) => watch.hasFallenSilent(limits.monitorMoveMs, each));
  }

  /** A monitor, or its addresses, pass to the place of these claims; false when the host did not move. */
  #yield(entry: HostEntry, claims: readonly MonitorClaim[], now: number): boolean {
    const { entries, addresses, move } = this.#deps;
    const moved = claims.find(({ ip }) => ip === undefined);
    if (moved) {
      move(entry, moved.at, now);
      return samePort(entry.at, moved.at);
    }
    for (const { mac, at, ip } of claims) {
      const heir = entries.get(mac);
      if (ip && heir && samePort(heir.at, at)) addresses.hand(ip, entry, heir, now);
    }
    return false;
  }

  /** Whether policies name a host by an address that it uses. */
  #holds({ ips }: HostEntry, ip: IpKey): boolean {
    return this.#ips.has(ip) && ips.get(ip)?.tentative === false;
  }

  #isMonitor(entry: HostEntry): boolean {
    if (this.#deps.limits.monitorMoves === "any") return false;
    if (this.#macs.has(entry.mac)) return true;
    if (this.#ips.size === 0) return false;
    for (const ip of entry.ips.keys()) if (this.#holds(entry, ip)) return true;
    return false;
  }

  #begin(entry: HostEntry): void {
    const watch = new MonitorWatch(entry);
    this.#watches.set(entry.mac, watch);
    this.#asking.add(watch);
    // It may have flapped before, and must not be evicted where a forger fills the table.
    entry.damper.reset();
    entry.confirm();
  }

  /** A monitor is at another place: all claims were about the former one. */
  #settled(watch: MonitorWatch): void {
    watch.entry.confirm();
    this.#asking.add(watch);
    this.#drop(watch, () => true);
  }

  #drop(watch: MonitorWatch, isOver: ClaimTest): void {
    const { conflicts } = this.#deps;
    for (const claim of watch.dropClaims(isOver)) conflicts.end(conflictOf(watch.entry, claim));
    if (watch.claims.length === 0) this.#contested.delete(watch);
  }
}

function conflictOf(entry: HostEntry, { at, mac, ip }: MonitorClaim): MonitorConflict {
  const by = ip === undefined ? {} : { by: { mac, ip } };
  return { kind: "monitor", mac: entry.mac, held: plainPort(entry.at), at, ...by };
}
