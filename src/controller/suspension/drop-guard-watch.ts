// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { NOT_KEPT, readPortStats, type Session } from "../../openflow-session/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid, PortAt, PortNo } from "../../topology/index.ts";
import {
  DROP_COUNTERS,
  DropGuard,
  type DropGuardOptions,
  type PortDrops,
  type SwitchDrops,
  type Verdict,
  type WatchedRules,
} from "./drop-guard.ts";

/** Dependencies and limits of `DropGuardWatch`. */
interface DropGuardWatchDeps extends DropGuardOptions {
  readonly clock: Clock;
  /** A port as messages name it. */
  readonly portLabel: (at: PortAt) => string;
  /** The sessions of all connected switches. */
  readonly sessions: () => Iterable<Session>;
  readonly rulesOf: (id: PolicyId) => WatchedRules;
  /** Whether a switch holds a rule as it is desired now. */
  readonly isInstalled: (rule: EntryRef) => boolean;
  /** Suspends a policy; the reason is a clause. */
  readonly suspend: (id: PolicyId, reason: string) => void;
}

/** Counters are read ten times per window, at an interval within these limits, in milliseconds. */
const [FASTEST_MS, SLOWEST_MS] = [1_000, 5_000];

/**
 * Reads the counters of all ports at regular intervals, even when no policy is watched, and whenever rules
 * are sent: the counters after an install mean nothing without those before.
 */
export class DropGuardWatch {
  readonly #deps: DropGuardWatchDeps;
  readonly #guard: DropGuard;
  readonly #pending = new Set<Dpid>();
  #cancel: CancelTimer = () => undefined;

  constructor(deps: DropGuardWatchDeps) {
    this.#deps = deps;
    this.#guard = new DropGuard(deps);
    this.#schedule();
  }

  planned(ids: Iterable<PolicyId>): void {
    const { clock, rulesOf } = this.#deps;
    const policies = Array.from(ids, (id) => [id, rulesOf(id)] as const);
    this.#guard.planned(policies, clock.now());
  }

  /**
   * Rules are about to be sent to a switch, and it answers in order: what it counts now it has counted
   * before it has the rules.
   */
  sending(dpid: Dpid, refs: readonly EntryRef[]): void {
    const { clock, sessions } = this.#deps;
    const needed = this.#guard.sending(dpid, refs, clock.now());
    for (const session of sessions()) {
      if (needed.has(session.dpid)) void this.#readBefore(session);
    }
  }

  active(id: PolicyId): void {
    this.#guard.active(id, this.#deps.clock.now());
  }

  /** A switch has connected: reads its counters now instead of at the next interval. */
  connected(session: Session): void {
    void this.#read(session);
  }

  close(): void {
    this.#cancel();
  }

  #schedule(): void {
    const { clock, windowMs, sessions } = this.#deps;
    this.#cancel = clock.after(Math.min(Math.max(windowMs / 10, FASTEST_MS), SLOWEST_MS), () => {
      for (const session of sessions()) void this.#read(session);
      this.#schedule();
    });
  }

  async #read(session: Session): Promise<void> {
    const { dpid } = session;
    // One request at a time, however slow the switch is.
    if (this.#pending.has(dpid)) return;
    this.#pending.add(dpid);
    const drops = await dropsOf(session);
    this.#pending.delete(dpid);
    if (drops) this.#sampled(dpid, drops);
  }

  async #readBefore(session: Session): Promise<void> {
    const drops = await dropsOf(session);
    if (drops) this.#guard.sampledBefore(session.dpid, drops);
    else this.#guard.notSampled(session.dpid);
  }

  #sampled(dpid: Dpid, drops: SwitchDrops): void {
    const { clock, suspend } = this.#deps;
    for (const verdict of this.#guard.sampled(dpid, drops, clock.now())) {
      suspend(verdict.id, this.#reasonOf(verdict));
    }
  }

  #reasonOf({ dpid, port, counter, before, after, elapsedMs }: Verdict): string {
    const { drops, portLabel } = this.#deps;
    const where = portLabel({ dpid, port: port as PortNo });
    const seconds = (elapsedMs / 1000).toFixed(1);
    const rise = `rose from ${before} to ${after} within ${seconds} s of the install`;
    return `${counter} of ${where} ${rise}; more than ${drops} lost frames are too many`;
  }
}

async function dropsOf(session: Session): Promise<SwitchDrops | undefined> {
  const read = await readPortStats(session);
  return read && new Map(read.map((port) => [port.portNo, keptOf(port)]));
}

function keptOf(entry: Readonly<Record<(typeof DROP_COUNTERS)[number], bigint>>): PortDrops {
  return Object.fromEntries(
    DROP_COUNTERS.filter((counter) => entry[counter] !== NOT_KEPT).map((counter) => [
      counter,
      entry[counter],
    ]),
  );
}
