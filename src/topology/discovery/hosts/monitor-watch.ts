// SPDX-License-Identifier: Apache-2.0
import type { IpAddress } from "../../ip-address.ts";
import type { PortAt } from "../../port-at.ts";
import type { HostEntry, IpKey } from "./host-entry.ts";
import { CLAIMS_PER_MONITOR, UNANSWERED_PROBES } from "./host-limits.ts";
import { plainPort, samePort } from "./host-moves.ts";
import type { HostProbe } from "./host-probes.ts";

/** A statement of a frame that a learned monitor, or one of its addresses, is elsewhere. */
export interface MonitorClaim {
  readonly at: PortAt;
  /** The host that claims: the monitor itself, or another one that uses its address `ip`. */
  readonly mac: number;
  readonly ip?: IpAddress;
}

/** A claim with its history. */
interface StandingClaim extends MonitorClaim {
  /** When a frame last made it. */
  last: number;
  /** The monitor has since answered a probe at its place. */
  isRefuted: boolean;
}

/** When a monitor without a claim is probed: if it has been silent `since` then, at this interval. */
interface SilenceLimits {
  readonly since: number;
  readonly everyMs: number;
}

/** Probes for the first answer at a place, for each address, before they become rare. */
const FIRST_PROBES = 3;
/** Interval of the rare ones, in milliseconds. */
const RARE_PROBES_MS = 60_000;

/** A learned monitor: who claims its place, and whether it answers probes there. */
export class MonitorWatch {
  readonly entry: HostEntry;
  readonly #claims = new Map<string, StandingClaim>();
  /** Where what is known of probes holds. */
  #place: PortAt;
  /** Addresses for which it has answered a probe at its place. */
  #proven = new Set<IpKey>();
  #asked = 0;
  #askedAt = -Infinity;
  #aliveAt = -Infinity;
  /** Probes, sent for certain, since it last showed itself: when the first and the last of them was sent. */
  #unanswered = 0;
  #unansweredSince = Infinity;
  #unansweredUntil = -Infinity;

  constructor(entry: HostEntry) {
    this.entry = entry;
    this.#place = entry.at;
  }

  get claims(): readonly MonitorClaim[] {
    return [...this.#claims.values()];
  }

  /**
   * Records a claim, and returns the one that stands; undefined when there are too many. The first host that
   * claims an address at a port stands for all that do: their number is not bounded.
   */
  claim({ at, mac, ip }: MonitorClaim, now: number): MonitorClaim | undefined {
    const key = `${at.dpid} ${at.port} ${ip?.value ?? ""}`;
    const known = this.#claims.get(key);
    if (!known && this.#claims.size >= CLAIMS_PER_MONITOR) return undefined;
    if (!known) this.#asked = 0;
    const standing = known ?? { at, mac, ...(ip ? { ip } : {}), last: now, isRefuted: false };
    standing.last = now;
    standing.isRefuted = false;
    this.#claims.set(key, standing);
    return standing;
  }

  /** Removes the claims for which the predicate holds, and returns them. */
  dropClaims(isOver: (claim: MonitorClaim & { readonly last: number }) => boolean): MonitorClaim[] {
    const dropped: MonitorClaim[] = [];
    for (const [key, claim] of this.#claims) {
      if (!isOver(claim)) continue;
      this.#claims.delete(key);
      dropped.push(claim);
    }
    return dropped;
  }

  /** Whether the entry is at another place than before; what was known of the old one is forgotten. */
  follow(): boolean {
    if (samePort(this.#place, this.entry.at)) return false;
    this.#place = this.entry.at;
    this.#proven = new Set();
    this.#asked = 0;
    this.#askedAt = -Infinity;
    this.forgetSilence();
    return true;
  }

  /** The claims of the only place that claims it without being refuted; none if there are several. */
  candidates(isGone: (at: PortAt) => boolean): readonly MonitorClaim[] {
    const found = [...this.#claims.values()].filter(
      ({ at, isRefuted }) => !isRefuted && !isGone(at),
    );
    const [first] = found;
    return first && found.every(({ at }) => samePort(at, first.at)) ? found : [];
  }

  /** A frame of the monitor from its place; `answers`: addresses for which it answers a probe. */
  seen(now: number, answers: readonly IpKey[]): void {
    this.#aliveAt = now;
    this.forgetSilence();
    for (const key of answers) {
      this.#proven.add(key);
      for (const claim of this.#claims.values()) {
        const isAnswered = claim.ip === undefined || claim.ip.value === key;
        if (isAnswered && claim.last < this.#askedAt) claim.isRefuted = true;
      }
    }
  }

  /** Whether it has answered probes for what is claimed, and has left them unanswered for `ms`. */
  hasFallenSilent(ms: number, { ip }: Pick<MonitorClaim, "ip"> = {}): boolean {
    const isProven = ip === undefined ? this.#proven.size > 0 : this.#proven.has(ip.value);
    const silentMs = this.#unansweredUntil - this.#unansweredSince;
    return isProven && this.#unanswered >= UNANSWERED_PROBES && silentMs >= ms;
  }

  /** A probe was sent for certain at `sentAt`; the silence after it counts if its address was once answered for. */
  probed({ at, ip }: HostProbe, sentAt: number): void {
    if (!samePort(at, this.entry.at) || this.#aliveAt >= sentAt) return;
    if (!this.#proven.has(ip.value)) return;
    this.#unanswered++;
    this.#unansweredSince = Math.min(this.#unansweredSince, sentAt);
    this.#unansweredUntil = Math.max(this.#unansweredUntil, sentAt);
  }

  /** Nothing is concluded from the silence so far. */
  forgetSilence(): void {
    this.#unanswered = 0;
    this.#unansweredSince = Infinity;
    this.#unansweredUntil = -Infinity;
  }

  /**
   * The probe to send now, if any: for a first answer at its place; while a claim stands; and, seldom, when it
   * has been silent for long. `named`: addresses by which policies name it.
   */
  nextProbe(
    now: number,
    silence: SilenceLimits,
    named: (key: IpKey) => boolean,
  ): HostProbe | undefined {
    const key = this.#keyToAsk(now, silence, named);
    const use = key === undefined ? undefined : this.entry.ips.get(key);
    if (!use) return undefined;
    this.#asked++;
    this.#askedAt = now;
    const { at, mac } = this.entry;
    return { at: plainPort(at), mac, ip: use.ip, vlan: use.vlan };
  }

  #keyToAsk(
    now: number,
    { since, everyMs }: SilenceLimits,
    named: (key: IpKey) => boolean,
  ): IpKey | undefined {
    const keys = [...this.entry.ips.keys()];
    const known = keys.filter((key) => this.#proven.has(key));
    const contested = [...this.#claims.values()].filter(({ isRefuted }) => !isRefuted);
    const asked = contested.flatMap(({ ip }) =>
      ip && this.#proven.has(ip.value) ? [ip.value] : [],
    );
    // In turn, because one that it no longer has is never answered.
    const turn = <T>(list: readonly T[]) => list[this.#asked % list.length];
    if (asked.length > 0) return turn(asked);
    const isInDoubt = contested.some(({ ip }) => ip === undefined);
    const isSilent = this.entry.lastSeen <= since && now - this.#askedAt >= everyMs;
    if (known.length > 0 && (isInDoubt || isSilent)) return turn(known);
    const unproven = keys.filter((key) => !this.#proven.has(key));
    const open = known.length === 0 ? unproven : unproven.filter(named);
    const isDue = this.#asked < FIRST_PROBES * open.length || now - this.#askedAt >= RARE_PROBES_MS;
    return isDue ? turn(open) : undefined;
  }
}
