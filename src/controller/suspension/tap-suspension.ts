import type { Suspension, TapsView } from "../../contract/taps.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { Policy, PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Topology } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import type { DropGuardOptions } from "./drop-guard.ts";
import { DropGuardWatch } from "./drop-guard-watch.ts";
import { remainingCopies, whenDone } from "./remaining.ts";
import { type SuspensionStore, SuspensionWrites } from "./suspension-writes.ts";
import { Suspensions } from "./suspensions.ts";
import { watchedPorts } from "./watched-ports.ts";

/** What suspending taps touches. */
export interface TapSuspensionOptions {
  readonly book: PolicyRegistry;
  readonly store: SuspensionStore;
  readonly reconciler: Reconciler;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly now: () => string;
  readonly topology: () => Topology;
  /** What is to be compiled of these policies is something else now. */
  readonly recompile: (ids: readonly PolicyId[]) => void;
  /** Absent: nobody guards. */
  readonly guard?: DropGuardOptions;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  readonly sessions: () => Iterable<Session>;
}

/** Suspends and resumes taps, and says how far that is. */
export class TapSuspension {
  readonly writes: SuspensionWrites;
  readonly #suspensions = new Suspensions();
  readonly #options: TapSuspensionOptions;
  readonly #guard: DropGuardWatch | undefined;

  constructor(options: TapSuspensionOptions) {
    this.#options = options;
    const { book, store, now, recompile } = options;
    this.writes = new SuspensionWrites({
      book,
      store,
      now,
      suspensions: this.#suspensions,
      changed: (old, suspended) => this.#changed(old, suspended),
      policyChanged: (id) => {
        if (book.get(id)) recompile([id]);
      },
    });
    this.#guard = options.guard && this.#guarded(options.guard);
  }

  /** The plans of these policies changed, and what is wanted with them. */
  planned(ids: Iterable<PolicyId>): void {
    this.#guard?.planned(ids);
  }

  /** The rules of a policy are in place. */
  active(id: PolicyId): void {
    this.#guard?.active(id);
  }

  switchUp(session: Session): void {
    this.#guard?.connected(session);
  }

  close(): Promise<void> {
    this.#guard?.close();
    return this.writes.idle();
  }

  /** Why an enabled policy makes no copies; undefined when it may. */
  reasonOf(id: PolicyId): string | undefined {
    const entry = this.#options.book.get(id);
    return entry && this.#suspensions.reasonOf(entry);
  }

  /** The policy as it is to be compiled. */
  effective(entry: PolicyEntry): Policy {
    return this.#suspensions.effective(entry);
  }

  get isSuspended(): boolean {
    return this.#suspensions.all !== undefined;
  }

  view(): TapsView {
    const { book, reconciler, topology } = this.#options;
    const { all } = this.#suspensions;
    const remaining = all ? remainingCopies(topology(), reconciler) : [];
    const policies = [...this.#suspensions.policies].sort().flatMap((id) => {
      const entry = book.get(id);
      const found = entry && this.#suspensions.ofPolicy(entry);
      return found ? [{ id, since: found.since, reason: found.reason }] : [];
    });
    const suspended = remaining.length > 0 ? "suspending" : "suspended";
    return { state: all ? suspended : "running", ...all, remaining, policies };
  }

  /**
   * Resolves when no switch makes or carries copies (suspended), or when every switch that is
   * connected holds what it should (running); after `timeoutMs`, or when the signal aborts.
   */
  whenSettled(options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const { reconciler, topology } = this.#options;
    const isDone = () =>
      this.isSuspended ? remainingCopies(topology(), reconciler).length === 0 : reconciler.isAtRest;
    return whenDone(isDone, { ...options, clock: systemClock });
  }

  #guarded(guard: DropGuardOptions): DropGuardWatch {
    const { sessions, topology, plan, reconciler, logger } = this.#options;
    return new DropGuardWatch({
      ...guard,
      clock: systemClock,
      topology,
      sessions,
      portsOf: (id) => {
        const found = plan(id);
        return found ? watchedPorts(found, topology(), (ref) => reconciler.wanted(ref)) : new Map();
      },
      suspend: (id, reason) => {
        logger.warn({ policy: id, reason }, "the guard suspends a policy");
        void this.writes.suspendPolicy(id, reason).then((outcome) => {
          if (outcome.type === "done") return;
          logger.error({ policy: id, outcome }, "the guard cannot suspend a policy");
        });
      },
    });
  }

  #changed(old: Suspension | undefined, now: Suspension | undefined): void {
    const { book, events, logger, recompile } = this.#options;
    logger.warn({ ...(now ?? old) }, now ? "taps are suspended" : "taps are resumed");
    recompile([...book.values()].map(({ policy }) => policy.id));
    if (now) events.publish({ type: "tapsSuspended", ...now });
    else if (old) events.publish({ type: "tapsResumed", old });
  }
}
