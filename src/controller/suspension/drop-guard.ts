// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** When the guard suspends a policy. */
export interface DropGuardOptions {
  /** Maximum number of frames that a port may lose after an install. */
  readonly drops: number;
  /** Time for which a policy is watched after an install, in milliseconds. */
  readonly windowMs: number;
}

/** The counters of lost frames of a port. A switch need not keep all of them. */
export const DROP_COUNTERS = ["rxDropped", "txDropped", "rxErrors", "txErrors"] as const;
type DropCounter = (typeof DROP_COUNTERS)[number];
export type PortDrops = Readonly<Partial<Record<DropCounter, bigint>>>;

/** The counters of a switch's ports, by port number. */
export type SwitchDrops = ReadonlyMap<number, PortDrops>;

/** The ports of a switch that production frames of a policy may use. */
type WatchedPorts = ReadonlyMap<Dpid, ReadonlySet<number> | "all">;

/** Where a policy can displace production frames. */
export interface WatchedRules {
  readonly ports: WatchedPorts;
  /** The rules that make its copies: without them it displaces none. */
  readonly rules: readonly EntryRef[];
}

/** A counter that has risen too far since a policy was installed. */
export interface Verdict {
  readonly id: PolicyId;
  readonly dpid: Dpid;
  readonly port: number;
  readonly counter: DropCounter;
  readonly before: bigint;
  readonly after: bigint;
  /** Since the install, in milliseconds. */
  readonly elapsedMs: number;
}

interface Watch extends WatchedRules {
  /** The last counters of every switch before the rules were sent. */
  readonly baseline: Map<Dpid, SwitchDrops>;
  /** Switches whose counters at the time when rules were sent are not known yet. */
  readonly awaited: Set<Dpid>;
  since: number;
  until: number;
  /** Rules have been sent since it was planned. */
  isSent: boolean;
  /** Every rule is installed. */
  isActive: boolean;
}

/** The last rules that were sent to a switch, and its counters just before. */
interface SentRules {
  readonly rules: ReadonlySet<EntryRef>;
  drops: SwitchDrops | undefined;
}

/** Dependencies and limits of `DropGuard`. */
interface DropGuardDeps extends DropGuardOptions {
  /** Whether a switch holds a rule as it is desired now. */
  readonly isInstalled: (rule: EntryRef) => boolean;
}

/**
 * Compares drop counters after the install of a policy with those before. Pure memory: the caller
 * passes the time.
 *
 * A policy: (not watched) -planned-> waiting -one of its rules is installed-> watched -every rule is
 * installed-> watched for another full window -window over, or a verdict-> not watched. It may be planned
 * again at any time, and is often planned after its rules were sent.
 *
 * The baseline is what a switch has counted when rules are sent: `sending` requests it.
 */
export class DropGuard {
  readonly #deps: DropGuardDeps;
  readonly #latest = new Map<Dpid, SwitchDrops>();
  readonly #sent = new Map<Dpid, SentRules>();
  readonly #watches = new Map<PolicyId, Watch>();

  constructor(deps: DropGuardDeps) {
    this.#deps = deps;
  }

  /** Rules of these policies are about to be installed or changed, or have just been sent. */
  planned(policies: Iterable<readonly [PolicyId, WatchedRules]>, now: number): void {
    for (const [id, rules] of policies) {
      if (rules.ports.size === 0) this.#watches.delete(id);
      else this.#watches.set(id, this.#watch(rules, now));
    }
  }

  /** Rules are sent to a switch: returns the switches whose counters `sampledBefore` needs. */
  sending(dpid: Dpid, refs: readonly EntryRef[], now: number): ReadonlySet<Dpid> {
    const sent: SentRules = { rules: new Set(refs), drops: undefined };
    this.#sent.set(dpid, sent);
    const needed = new Set([dpid]);
    for (const watch of this.#watches.values()) {
      if (!watch.rules.some((rule) => sent.rules.has(rule))) continue;
      watch.isSent = true;
      watch.since = now;
      watch.until = Math.max(watch.until, now + this.#deps.windowMs);
      for (const each of watch.ports.keys()) {
        watch.awaited.add(each);
        needed.add(each);
      }
    }
    return needed;
  }

  /** Takes the counters that a switch had when rules were sent. */
  sampledBefore(dpid: Dpid, drops: SwitchDrops): void {
    this.#latest.set(dpid, drops);
    const sent = this.#sent.get(dpid);
    if (sent) sent.drops ??= drops;
    for (const { awaited, baseline } of this.#watches.values()) {
      if (awaited.delete(dpid)) baseline.set(dpid, drops);
    }
  }

  /** The counters that a switch had when rules were sent stay unknown: its last ones are the baseline. */
  notSampled(dpid: Dpid): void {
    for (const { awaited } of this.#watches.values()) awaited.delete(dpid);
  }

  /** Every rule of a policy is installed. */
  active(id: PolicyId, now: number): void {
    const watch = this.#watches.get(id);
    if (!watch) return;
    watch.isActive = true;
    watch.until = now + this.#deps.windowMs;
  }

  /** Takes the present counters of a switch; returns which policies must be suspended. */
  sampled(dpid: Dpid, drops: SwitchDrops, now: number): Verdict[] {
    this.#latest.set(dpid, drops);
    const verdicts: Verdict[] = [];
    for (const [id, watch] of this.#watches) {
      const { ports, baseline, awaited, since, until } = watch;
      // Only the end of its window concerns a watch of other switches.
      if (!ports.has(dpid) && now <= until) continue;
      if (!this.#canDoHarm(watch)) {
        if (ports.has(dpid) && !watch.isSent) baseline.set(dpid, drops);
        continue;
      }
      if (awaited.has(dpid)) baseline.set(dpid, drops);
      else if (ports.has(dpid)) {
        const found = this.#compare(watch, dpid, drops);
        if (found) verdicts.push({ id, dpid, ...found, elapsedMs: now - since });
      }
      if (now > until || verdicts.at(-1)?.id === id) this.#watches.delete(id);
    }
    return verdicts;
  }

  #canDoHarm({ rules, isActive }: Watch): boolean {
    return isActive || rules.some(this.#deps.isInstalled);
  }

  #watch({ ports, rules }: WatchedRules, now: number): Watch {
    const sentTo = this.#sentTo(rules);
    const baseline = new Map<Dpid, SwitchDrops>();
    const awaited = new Set<Dpid>();
    let isSent = false;
    for (const dpid of ports.keys()) {
      const sent = sentTo.get(dpid);
      isSent ||= sent !== undefined;
      if (sent && sent.drops === undefined) awaited.add(dpid);
      const known = sent?.drops ?? this.#latest.get(dpid);
      if (known) baseline.set(dpid, known);
    }
    const until = now + this.#deps.windowMs;
    return { ports, rules, baseline, awaited, since: now, until, isSent, isActive: false };
  }

  /** What was last sent to each switch, where it includes any of these rules. */
  #sentTo(rules: readonly EntryRef[]): ReadonlyMap<Dpid, SentRules> {
    const found = new Map<Dpid, SentRules>();
    for (const rule of rules) {
      const dpid = splitEntryRef(rule).dpid as Dpid;
      const sent = this.#sent.get(dpid);
      if (sent?.rules.has(rule)) found.set(dpid, sent);
    }
    return found;
  }

  #compare({ ports, baseline }: Watch, dpid: Dpid, drops: SwitchDrops) {
    const before = baseline.get(dpid);
    const watched = ports.get(dpid);
    const next = new Map(before);
    baseline.set(dpid, next);
    for (const [port, now] of drops) {
      const old = before?.get(port);
      // Unknown before (the switch has just connected) or reset: the baseline starts here.
      if (!old || hasRestarted(old, now)) {
        next.set(port, now);
        continue;
      }
      if (watched !== "all" && !watched?.has(port)) continue;
      const counter = this.#worst(old, now);
      if (counter) return { port, counter, before: old[counter] ?? 0n, after: now[counter] ?? 0n };
    }
    return undefined;
  }

  /** The counter that rose most, if the sum of all rose too far. */
  #worst(old: PortDrops, now: PortDrops): DropCounter | undefined {
    const rises = DROP_COUNTERS.map((counter) => [counter, riseOf(counter, old, now)] as const);
    const total = rises.reduce((sum, [, rise]) => sum + rise, 0n);
    if (total <= BigInt(this.#deps.drops)) return undefined;
    return rises.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  }
}

function riseOf(counter: DropCounter, old: PortDrops, now: PortDrops): bigint {
  const [before, after] = [old[counter], now[counter]];
  return before === undefined || after === undefined ? 0n : after - before;
}

function hasRestarted(old: PortDrops, now: PortDrops): boolean {
  return DROP_COUNTERS.some((counter) => riseOf(counter, old, now) < 0n);
}
