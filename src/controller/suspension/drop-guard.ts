// SPDX-License-Identifier: Apache-2.0
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
export type WatchedPorts = ReadonlyMap<Dpid, ReadonlySet<number> | "all">;

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

interface Watch {
  readonly ports: WatchedPorts;
  /** The last counters of every switch when the policy was planned. */
  readonly baseline: Map<Dpid, SwitchDrops>;
  readonly since: number;
  until: number;
}

/**
 * Compares drop counters after the install of a policy with those before. Pure memory: the caller
 * passes the time.
 *
 * A policy: (not watched) -planned-> watched -active-> watched for another full window -window over, or
 * a verdict-> not watched. It may be planned again at any time.
 */
export class DropGuard {
  readonly #options: DropGuardOptions;
  readonly #latest = new Map<Dpid, SwitchDrops>();
  readonly #watches = new Map<PolicyId, Watch>();

  constructor(options: DropGuardOptions) {
    this.#options = options;
  }

  /** Rules of these policies are about to be installed or changed. */
  planned(policies: Iterable<readonly [PolicyId, WatchedPorts]>, now: number): void {
    const latest = new Map(this.#latest);
    for (const [id, ports] of policies) {
      if (ports.size === 0) this.#watches.delete(id);
      else this.#watches.set(id, this.#watch(ports, latest, now));
    }
  }

  /** The rules of a policy are installed: from now on they can do harm. */
  active(id: PolicyId, now: number): void {
    const watch = this.#watches.get(id);
    if (watch) watch.until = now + this.#options.windowMs;
  }

  /** Takes the present counters of a switch; returns which policies must be suspended. */
  sampled(dpid: Dpid, drops: SwitchDrops, now: number): Verdict[] {
    this.#latest.set(dpid, drops);
    const verdicts: Verdict[] = [];
    for (const [id, watch] of this.#watches) {
      const ports = watch.ports.get(dpid);
      if (ports !== undefined) {
        const found = this.#compare(watch, dpid, drops);
        if (found) verdicts.push({ id, dpid, ...found, elapsedMs: now - watch.since });
      }
      if (now > watch.until || verdicts.at(-1)?.id === id) this.#watches.delete(id);
    }
    return verdicts;
  }

  #watch(ports: WatchedPorts, latest: ReadonlyMap<Dpid, SwitchDrops>, now: number): Watch {
    const baseline = new Map<Dpid, SwitchDrops>();
    for (const dpid of ports.keys()) {
      const known = latest.get(dpid);
      if (known) baseline.set(dpid, known);
    }
    return { ports, baseline, since: now, until: now + this.#options.windowMs };
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
    if (total <= BigInt(this.#options.drops)) return undefined;
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
