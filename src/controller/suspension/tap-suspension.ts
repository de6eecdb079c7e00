// SPDX-License-Identifier: Apache-2.0
import { ANONYMOUS, type Cause } from "../../contract/audit/actor.ts";
import type { AuditEntry } from "../../contract/audit/audit.ts";
import type { PolicyStatus } from "../../contract/policies.ts";
import type {
  RemainingCopies,
  ResumeInput,
  SuspendInput,
  Suspension,
  TapsOutcome,
  TapsView,
} from "../../contract/taps.ts";
import type { EntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { Policy, PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid, PortAt, Topology } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import type { DropGuardOptions } from "./drop-guard.ts";
import { DropGuardWatch } from "./drop-guard-watch.ts";
import { type KnownTapBridges, remainingCopies, whenDone } from "./remaining.ts";
import {
  type SuspensionChange,
  type SuspensionStore,
  SuspensionWrites,
} from "./suspension-writes.ts";
import { Suspensions } from "./suspensions.ts";
import { watchedRules } from "./watched-rules.ts";

/** Dependencies of `TapSuspension`. */
interface TapSuspensionDeps {
  readonly registry: PolicyRegistry;
  readonly store: SuspensionStore;
  /** Appends records of the audit that are part of no write. */
  readonly record: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly reconciler: Reconciler;
  readonly tapBridges: () => KnownTapBridges;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly now: () => string;
  readonly topology: () => Topology;
  /** A port as messages name it. */
  readonly portLabel: (at: PortAt) => string;
  /** Absent: there is no drop guard. */
  readonly guard?: DropGuardOptions;
  /** Whether every edit so far is part of the desired state. */
  readonly isCompiled: () => boolean;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** The sessions of all connected switches. */
  readonly sessions: () => Iterable<Session>;
}

const NO_RULES = { ports: new Map(), rules: [] };

/** Suspends and resumes taps, and reports how far the switches have followed. */
export class TapSuspension {
  readonly writes: SuspensionWrites;
  readonly #suspensions = new Suspensions();
  readonly #deps: TapSuspensionDeps;
  readonly #effects = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #guard: DropGuardWatch | undefined;

  constructor(deps: TapSuspensionDeps) {
    this.#deps = deps;
    const { registry, store, record, now } = deps;
    this.writes = new SuspensionWrites({
      registry,
      store,
      record,
      logger: deps.logger,
      now,
      suspensions: this.#suspensions,
      changed: (...change) => this.#changed(...change),
      policyChanged: (id) => {
        if (registry.get(id)) this.#effects.notify([id]);
      },
    });
    this.#guard = deps.guard && this.#createGuard(deps.guard);
  }

  /** Calls back with the policies that `effective` has another answer for: they must be compiled. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#effects.add(listener);
  }

  /** The plans of these policies changed, and their desired entries with them. */
  planned(ids: Iterable<PolicyId>): void {
    this.#guard?.planned(ids);
  }

  /** Changes of a switch's entries are about to be sent. */
  sending(dpid: Dpid, refs: readonly EntryRef[]): void {
    this.#guard?.sending(dpid, refs);
  }

  /** The rules of a policy are installed. */
  active(id: PolicyId): void {
    this.#guard?.active(id);
  }

  switchUp(session: Session): void {
    this.#guard?.connected(session);
  }

  close(): Promise<void> {
    this.#guard?.close();
    this.writes.retry();
    return this.writes.idle();
  }

  /** The status of a policy that is enabled and suspended; undefined: it is not both. */
  status(id: PolicyId): PolicyStatus | undefined {
    const entry = this.#deps.registry.get(id);
    const why = entry && this.#suspensions.reasonOf(entry);
    return why === undefined ? undefined : { state: "suspended", reasons: [why] };
  }

  /** The policy as it is to be compiled. */
  effective(entry: PolicyEntry): Policy {
    return this.#suspensions.effective(entry);
  }

  /** The suspension of all taps; undefined: they run. */
  get all(): Suspension | undefined {
    return this.#suspensions.all;
  }

  get isSuspended(): boolean {
    return this.#suspensions.all !== undefined;
  }

  /** The projects whose taps are suspended by themselves. */
  get suspendedProjects(): Iterable<string> {
    return this.#suspensions.projects.keys();
  }

  /** Suspends all taps, or those of a project. */
  suspend({ project, ...stated }: SuspendInput, cause: Cause): Promise<TapsOutcome> {
    return project === undefined
      ? this.writes.suspend(stated, cause)
      : this.writes.suspendProject(project, stated, cause);
  }

  /** Resumes all taps, or those of a project. */
  resume({ project }: ResumeInput, cause: Cause): Promise<TapsOutcome> {
    return project === undefined
      ? this.writes.resume(cause)
      : this.writes.resumeProject(project, cause);
  }

  view(): TapsView {
    const { registry, reconciler } = this.#deps;
    const { all } = this.#suspensions;
    const remaining = all ? this.#remaining() : [];
    const isSettled = this.#deps.isCompiled() && reconciler.isAtRest;
    const state = isSettled ? ("suspended" as const) : ("suspending" as const);
    const projects = [...this.#suspensions.projects].sort(byName).map(([project, suspension]) => ({
      ...{ project, state, ...suspension },
      ...defined({ unstored: this.writes.unstored({ project }) }),
    }));
    const policies = [...this.#suspensions.policies].sort().flatMap((id) => {
      const entry = registry.get(id);
      const found = entry && this.#suspensions.ofPolicy(entry);
      const unstored = this.writes.unstored({ id });
      if (!found) return [];
      const { since, reason } = found;
      return [{ id, since, reason, ...(unstored === undefined ? {} : { unstored }) }];
    });
    const ofAll = remaining.length > 0 ? "suspending" : "suspended";
    const unstored = all && this.writes.unstored();
    const { unrecorded } = this.writes;
    return {
      state: all ? ofAll : "running",
      ...all,
      ...(unstored === undefined ? {} : { unstored }),
      ...(unrecorded === 0 ? {} : { unrecorded }),
      remaining,
      projects,
      policies,
    };
  }

  /**
   * Resolves when no switch makes or carries copies (suspended), or when every connected switch holds
   * its desired entries (running); after `timeoutMs`, or when the signal aborts.
   */
  whenSettled(options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const { reconciler, isCompiled } = this.#deps;
    const isDone = () =>
      this.isSuspended ? this.#remaining().length === 0 : isCompiled() && reconciler.isAtRest;
    return whenDone(isDone, { ...options, clock: systemClock });
  }

  #remaining(): readonly RemainingCopies[] {
    const { topology, reconciler, tapBridges } = this.#deps;
    return remainingCopies(topology(), reconciler, tapBridges());
  }

  #createGuard(guard: DropGuardOptions): DropGuardWatch {
    const { sessions, topology, portLabel, plan, reconciler, logger } = this.#deps;
    return new DropGuardWatch({
      ...guard,
      clock: systemClock,
      portLabel,
      sessions,
      isInstalled: (ref) => reconciler.state(ref) === "confirmed",
      rulesOf: (id) => {
        const found = plan(id);
        return found
          ? watchedRules(found, topology(), (ref) => reconciler.desiredEntry(ref))
          : NO_RULES;
      },
      suspend: (id, reason) => {
        logger.warn({ policy: id, reason }, "the drop guard suspends a policy");
        void this.writes.suspendPolicy(id, reason);
      },
    });
  }

  #changed({ project, old, now }: SuspensionChange, { actor, reason }: Cause): void {
    const { registry, events, logger } = this.#deps;
    const { user } = actor;
    const of = defined({ project });
    const fields = { ...(now ?? old), ...of, ...defined({ user }) };
    logger.warn(fields, now ? "taps are suspended" : "taps are resumed");
    const concerned = [...registry.values()].filter(
      ({ policy }) => project === undefined || policy.project === project,
    );
    this.#effects.notify(concerned.map(({ policy }) => policy.id));
    if (now) events.publish({ type: "tapsSuspended", ...of, ...published(now) });
    else if (old) {
      const by = user === ANONYMOUS ? undefined : user;
      const ended = { old: published(old), ...defined({ by, reason }) };
      events.publish({ type: "tapsResumed", ...of, ...ended });
    }
  }
}

function published({ since, by, reason }: Suspension): Suspension {
  return { since, ...defined({ by, reason }) };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
