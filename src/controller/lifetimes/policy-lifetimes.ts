// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../contract/policies.ts";
import { DueTimes } from "../../lang/due-times.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import { type CountedCopies, isSpent, type Phase, phaseAt } from "./phase.ts";
import { endOf, endText, keptUntil, type TrackedPolicy, timeText } from "./tracked-policy.ts";

/** What happens before and after the end of a policy. */
export interface LifetimeOptions {
  /** How long before its end a policy is announced to end, in milliseconds; 0: never. */
  readonly warningMs: number;
  /** How long a policy that was written over REST is kept after its end, in milliseconds. */
  readonly retentionMs: number;
}

export const DEFAULT_LIFETIME_OPTIONS: LifetimeOptions = {
  warningMs: 3_600_000,
  retentionMs: 7 * 86_400_000,
};

/** Dependencies of `PolicyLifetimes`. */
interface PolicyLifetimesDeps {
  readonly registry: PolicyRegistry;
  /** Runs the timer. */
  readonly clock: Clock;
  /** The wall clock, in milliseconds since 1970: it may be set, forwards and backwards. */
  readonly wallClock: () => number;
  /** The copies of a policy, as they are on disk; undefined: none are counted. */
  readonly copied: (id: PolicyId) => CountedCopies | undefined;
  readonly events: Pick<EventBus, "publish">;
  readonly logger: Logger;
  readonly options?: Partial<LifetimeOptions>;
}

/** Longest time for which the wall clock is not compared, in milliseconds: it may be set at any time. */
const COMPARE_EVERY_MS = 1_000;

/** Shortest time between two edits, in milliseconds: what ends one after the other ends together. */
const COLLECT_MS = 100;

/** The wall clock is set back when it is this much behind, in milliseconds: less is not logged. */
const LOGGED_STEP_MS = 1_000;

/** Most policies that are examined in one turn of the event loop. */
const MOST_PER_TURN = 250;

/** Time for which a policy has ended before it is deleted, in milliseconds, whatever the wall clock says. */
const LEAST_RETENTION_MS = 600_000;

/** Interval between two attempts to delete a policy, in milliseconds. */
const DELETE_AGAIN_MS = 60_000;

/**
 * Which policies are in effect by their lifetimes. The end of a policy is an input of the compile like any
 * other: one that has not started or has ended is compiled as a disabled one.
 *
 * The wall clock alone decides, as it does after a restart: set forwards it ends policies, set backwards it
 * brings those back that end later than now. One timer serves all policies; it compares the wall clock
 * every second at least.
 */
export class PolicyLifetimes {
  readonly #deps: PolicyLifetimesDeps;
  readonly #options: LifetimeOptions;
  readonly #tracked = new Map<PolicyId, TrackedPolicy>();
  /** When the phase of each has to be determined again, by the wall clock. */
  readonly #due = new DueTimes<PolicyId>();
  /** Those that end when so many copies have been counted. */
  readonly #limited = new Set<PolicyId>();
  /** Policies whose phases have changed since the last edit. */
  readonly #changed = new Set<PolicyId>();
  readonly #effects = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #outdated = new Listeners<[entries: readonly PolicyEntry[]]>();
  /** The latest moment of the wall clock for which a phase was determined. */
  #seen = Number.NEGATIVE_INFINITY;
  #timer: { readonly at: number; readonly cancel: CancelTimer } | undefined;
  #lastEdit = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(deps: PolicyLifetimesDeps) {
    this.#deps = deps;
    this.#options = { ...DEFAULT_LIFETIME_OPTIONS, ...deps.options };
    deps.registry.subscribe((id, before) => this.#follow(id, before));
  }

  /** Calls back with the policies that `effective` has another answer for: they must be compiled. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#effects.add(listener);
  }

  /** Calls back with the policies whose retention is over: they must be deleted. Repeated until they are. */
  subscribeOutdated(listener: (entries: readonly PolicyEntry[]) => void): void {
    this.#outdated.add(listener);
  }

  /** Counters have been read, and are on disk. */
  counted(): void {
    const now = this.#now();
    for (const id of this.#limited) {
      const tracked = this.#tracked.get(id);
      if (tracked && this.#phaseOf(tracked, now) !== tracked.phase) this.#due.set(id, now);
    }
    this.#arm();
  }

  /** The policy as its lifetime has it compiled. */
  effective(policy: Policy): Policy {
    const phase = this.#tracked.get(policy.id)?.phase ?? "running";
    return phase === "running" ? policy : { ...policy, enabled: false };
  }

  isEnded(id: PolicyId): boolean {
    return this.#tracked.get(id)?.phase === "ended";
  }

  /** The status of a policy that has ended, or is enabled and has not started; undefined: it is neither. */
  status(id: PolicyId): PolicyStatus | undefined {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined || tracked.phase === "running") return undefined;
    const { lifetime, phase, entry } = tracked;
    if (phase === "ended") return { state: "expired", reasons: [this.#endText(tracked)] };
    if (!entry.policy.enabled) return undefined;
    return { state: "pending", reasons: [`it starts at ${timeText(lifetime.startsAt)}`] };
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #endText(tracked: TrackedPolicy): string {
    const copied = this.#deps.copied(tracked.entry.policy.id);
    return endText(tracked, copied, this.#options.retentionMs);
  }

  #phaseOf({ lifetime, entry }: Pick<TrackedPolicy, "lifetime" | "entry">, now: number): Phase {
    const { id } = entry.policy;
    return phaseAt(lifetime, now, this.#limited.has(id) ? this.#deps.copied(id) : undefined);
  }

  /** A policy was written or deleted. */
  #follow(id: PolicyId, before: PolicyEntry | undefined): void {
    const entry = this.#deps.registry.get(id);
    const lifetime = entry?.policy.lifetime;
    const old = this.#tracked.get(id);
    if (entry === undefined || lifetime === undefined) {
      this.#tracked.delete(id);
      this.#limited.delete(id);
      this.#due.set(id, undefined);
      return;
    }
    if (lifetime.stopAfter) this.#limited.add(id);
    else this.#limited.delete(id);
    const now = this.#now();
    const phase = this.#phaseOf({ lifetime, entry }, now);
    const isSame = old !== undefined && old.lifetime.endsAt === lifetime.endsAt;
    const tracked: TrackedPolicy = {
      ...{ lifetime, entry, phase },
      isAnnounced: isSame && old.isAnnounced,
      endedAt: isSame && old.phase === "ended" ? old.endedAt : this.#endsNow(entry, now),
    };
    this.#tracked.set(id, tracked);
    // The write is compiled anyway.
    const phaseBefore = old?.phase ?? "running";
    if (before && phase === "ended" && phaseBefore !== "ended") this.#publishEnd(id, tracked);
    this.#announce(id, tracked, now);
    this.#due.set(id, this.#nextOf(tracked, now));
    this.#arm();
  }

  /** The wall clock, after what was determined for a later moment is due again. */
  #now(): number {
    const now = this.#deps.wallClock();
    if (now < this.#seen) {
      const byMs = this.#seen - now;
      if (byMs >= LOGGED_STEP_MS) {
        const what = "the wall clock was set back: policies that end later than now are in effect";
        this.#deps.logger.warn({ byMs }, what);
      }
      for (const id of this.#tracked.keys()) this.#due.set(id, now);
    }
    this.#seen = now;
    return now;
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.#now();
    const outdated: PolicyEntry[] = [];
    for (const id of this.#due.take(now, MOST_PER_TURN)) this.#examine(id, now, outdated);
    if (outdated.length > 0) this.#outdated.notify(outdated);
    if (!this.#isDue(now)) this.#edit();
    this.#arm();
  }

  #examine(id: PolicyId, now: number, outdated: PolicyEntry[]): void {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) return;
    const before = tracked.phase;
    tracked.phase = this.#phaseOf(tracked, now);
    if (tracked.phase !== before) {
      this.#changed.add(id);
      if (tracked.phase === "ended") {
        tracked.endedAt = this.#endsNow(tracked.entry, now);
        this.#publishEnd(id, tracked);
      }
    }
    this.#announce(id, tracked, now);
    const left = this.#leftOf(tracked, now);
    if (left !== undefined && left <= 0) {
      outdated.push(tracked.entry);
      this.#due.set(id, now + DELETE_AGAIN_MS);
    } else this.#due.set(id, this.#nextOf(tracked, now));
  }

  /** One that has made all its copies ended when the last of them were counted: perhaps before a restart. */
  #endsNow({ policy: { id, lifetime } }: PolicyEntry, now: number): TrackedPolicy["endedAt"] {
    const copied = this.#deps.copied(id);
    const at = lifetime && isSpent(lifetime, copied) ? copied?.at : undefined;
    return { clock: this.#deps.clock.now(), wall: Math.min(at ?? now, now) };
  }

  #publishEnd(id: PolicyId, tracked: TrackedPolicy): void {
    const { entry } = tracked;
    const endedAt = timeText(endOf(tracked));
    this.#deps.logger.info({ policy: id, endedAt }, "policy expired");
    const { origin, revision } = entry;
    this.#deps.events.publish({ type: "policyExpired", id, revision, origin, endedAt });
  }

  /** Announces the end of a policy once, and again when its end is moved or the clock is set back. */
  #announce(id: PolicyId, tracked: TrackedPolicy, now: number): void {
    const { lifetime, phase, entry } = tracked;
    const from = this.#announcedFrom(tracked);
    if (from === undefined || now < from || phase === "ended") tracked.isAnnounced = false;
    else if (!tracked.isAnnounced) {
      tracked.isAnnounced = true;
      const endsAt = timeText(lifetime.endsAt);
      const { origin, revision } = entry;
      this.#deps.events.publish({ type: "policyExpiring", id, revision, origin, endsAt });
    }
  }

  #announcedFrom({ lifetime: { endsAt } }: TrackedPolicy): number | undefined {
    const { warningMs } = this.#options;
    return endsAt === undefined || warningMs === 0 ? undefined : endsAt - warningMs;
  }

  /** How long a policy that has ended is still kept, in milliseconds; undefined: for ever, or it has not. */
  #leftOf(tracked: TrackedPolicy, now: number): number | undefined {
    const until = keptUntil(tracked, this.#options.retentionMs);
    if (until === undefined || tracked.phase !== "ended") return undefined;
    // A clock that is set to a wrong time for a moment must not delete policies.
    const least = Math.min(LEAST_RETENTION_MS, this.#options.retentionMs);
    return Math.max(until - now, tracked.endedAt.clock + least - this.#deps.clock.now());
  }

  /** The next moment at which anything about a policy changes; undefined: there is none. */
  #nextOf(tracked: TrackedPolicy, now: number): number | undefined {
    const { startsAt, endsAt } = tracked.lifetime;
    const left = this.#leftOf(tracked, now);
    const deletion = left === undefined ? undefined : now + Math.max(left, 1);
    const moments = [startsAt, this.#announcedFrom(tracked), endsAt, deletion];
    const ahead = moments.flatMap((each) => (each !== undefined && each > now ? [each] : []));
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  #isDue(now: number): boolean {
    return (this.#due.next ?? Number.POSITIVE_INFINITY) <= now;
  }

  /** Has the changed policies compiled, as one edit. */
  #edit(): void {
    if (this.#changed.size === 0) return;
    const ids = [...this.#changed];
    this.#changed.clear();
    this.#lastEdit = this.#deps.clock.now();
    this.#effects.notify(ids);
  }

  /** Sets the timer, unless it fires in time. */
  #arm(): void {
    const { clock } = this.#deps;
    if (this.#isClosed || this.#tracked.size === 0) return;
    const now = clock.now();
    const at = now + this.#waitMs(now);
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = { at, cancel: clock.after(at - now, () => this.#tick()) };
  }

  #waitMs(now: number): number {
    const untilDue = (this.#due.next ?? Number.POSITIVE_INFINITY) - this.#seen;
    // The rest of what is due at the same time.
    if (untilDue <= 0 && this.#changed.size > 0) return 0;
    const untilEdit = this.#lastEdit + COLLECT_MS - now;
    return Math.min(COMPARE_EVERY_MS, Math.max(untilDue, untilEdit, 0));
  }
}
