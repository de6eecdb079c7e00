// SPDX-License-Identifier: Apache-2.0
import { noPolicyCounts, type PolicyState, type PolicyStatus } from "../../contract/policies.ts";
import { type EntryRef, entryRef, type FlowKey } from "../../flow-model/index.ts";
import { forEach, type Steps, sorted } from "../../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue, YieldTimer } from "../../runtime/index.ts";
import type { Dpid, PortAt } from "../../topology/index.ts";
import { EntryIndex } from "./entry-index.ts";
import { OutletIndex } from "./outlet-index.ts";
import { policyStatus, type StatusInputs, sameStatus } from "./policy-status.ts";

/** Dependencies of `PolicyStatusTracker`. */
interface PolicyStatusTrackerDeps {
  readonly inputs: StatusInputs;
  /** Whether an entry that is not desired may still be on its switch. */
  isLeaving(ref: EntryRef): boolean;
  /**
   * Whether entries of which nothing is known may copy the frames of a switch beside another application. Default: of
   * none.
   */
  isUnknown?(dpid: Dpid): boolean;
  plan(id: PolicyId): PolicyPlan | undefined;
  /** Filled here, for what follows the ports. */
  readonly outlets?: OutletIndex;
  readonly clock: Clock;
}

/** Follows the statuses of policies. */
interface StatusListener {
  /** The status of a policy changed; `old` is absent for a new policy. */
  changed(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void;
  /** Every change so far has been reported. */
  flushed(): void;
}

/** How long changes are collected that no client waits for, in milliseconds. */
const REPORT_AFTER_MS = 20;

/** Maximum number of policies whose status is computed in one turn of the event loop. */
const POLICIES_PER_TURN = 500;

/** Policies of an entry that are marked at once; more are marked in steps. */
const MANY = 1000;

/** Longest time for which statuses are computed in one turn, in milliseconds. */
const MAX_TURN_MS = 5;

/** States that do not change by themselves, except with time. */
const SETTLED: ReadonlySet<PolicyState> = new Set([
  "active",
  "disabled",
  "expired",
  "suspended",
  "error",
]);

const NOTHING: ReadonlySet<EntryRef> = new Set();

/**
 * The status of every policy, kept up to date at a cost proportional to what changes: an index from
 * entries to the policies that rely on them yields the policies whose status has to be recomputed.
 */
export class PolicyStatusTracker {
  readonly #deps: PolicyStatusTrackerDeps;
  readonly #listeners: StatusListener[] = [];
  /** As last reported. */
  readonly #reported = new Map<PolicyId, PolicyStatus>();
  /** The entries that policies rely on. */
  readonly #used = new EntryIndex();
  /** Entries of deleted policies that some switch may still hold. */
  readonly #leaving = new EntryIndex();
  /** The switches whose frames policies need handed over. */
  readonly #sources = new Map<PolicyId, ReadonlySet<Dpid>>();
  /** Those of deleted policies of which it is not known whether entries still copy their frames. */
  readonly #unknown = new Map<PolicyId, ReadonlySet<Dpid>>();
  /** The ports by which copies leave for monitors. */
  readonly #outlets: OutletIndex;
  readonly #dirty = new Set<PolicyId>();
  /** Those of the dirty that are new: their first status has not been reported yet. */
  readonly #unreported = new Set<PolicyId>();
  readonly #waiters = new Map<PolicyId, Set<() => void>>();
  readonly #counts = noPolicyCounts();
  /** Those of the dirty that a client waits for. */
  readonly #awaited = new Set<PolicyId>();
  /** Finds the policies of a switch, of very many entries in later turns. */
  readonly #queue = new StepQueue();
  #reportAll: CancelTimer | undefined;
  #reportAwaited: CancelTimer | undefined;

  constructor(deps: PolicyStatusTrackerDeps) {
    this.#deps = deps;
    this.#outlets = deps.outlets ?? new OutletIndex();
  }

  subscribe(listener: StatusListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Number of policies in each state. While very many are new, those that are not computed yet count
   * as pending.
   */
  get counts(): Readonly<Record<PolicyState, number>> {
    this.#flush();
    return { ...this.#counts, pending: this.#counts.pending + this.#unreported.size };
  }

  status(id: PolicyId): PolicyStatus {
    const plan = this.#deps.plan(id);
    if (!plan) return { state: "disabled", reasons: [] };
    return policyStatus(plan, this.#deps.inputs);
  }

  /** The plans of these policies changed; also called for new and deleted policies. */
  plansChanged(ids: Iterable<PolicyId>): void {
    for (const id of ids) {
      const plan = this.#deps.plan(id);
      // The entries of a deleted policy are leaving; those of an existing policy are not.
      if (plan) this.#leaving.set(id, NOTHING);
      else if (this.#used.has(id)) this.#leaving.set(id, this.#used.refsOf(id));
      this.#setSources(id, plan);
      this.#outlets.set(id, plan);
      this.#used.set(
        id,
        new Set(plan?.copies.flatMap(({ entries, ingress = [] }) => [...entries, ...ingress])),
      );
      if (plan && !this.#reported.has(id)) this.#unreported.add(id);
      else this.#unreported.delete(id);
      this.#mark(id);
    }
  }

  #setSources(id: PolicyId, plan: PolicyPlan | undefined): void {
    const left = plan ? undefined : this.#sources.get(id);
    if (left === undefined) this.#unknown.delete(id);
    else this.#unknown.set(id, left);
    const patches = plan?.patches ?? [];
    if (patches.length === 0) this.#sources.delete(id);
    else this.#sources.set(id, new Set(patches.map(({ dpid }) => dpid)));
  }

  /** The states of these entries may have changed. */
  entriesChanged(refs: Iterable<EntryRef>): void {
    this.tapBridgesKnown();
    for (const ref of refs) {
      this.#markAll(this.#used.policiesOf(ref));
      this.#markAll(this.#leaving.policiesOf(ref));
    }
  }

  /** Those of an entry: a recovery rule may serve thousands. */
  #markAll(ids: ReadonlySet<PolicyId>): void {
    if (ids.size <= MANY) for (const id of ids) this.#mark(id);
    else this.#queue.add("ordinary", () => forEach(ids, (id) => this.#mark(id)));
  }

  /** What the statuses of these policies depend on besides plans and entries may have changed. */
  reasonsChanged(ids: Iterable<PolicyId>): void {
    for (const id of ids) this.#mark(id);
  }

  /** The policies that rely on any of these entries, each once, in order. */
  *findingPolicies(refs: Iterable<EntryRef>): Steps<readonly PolicyId[]> {
    const ids = new Set<PolicyId>();
    for (const ref of refs) {
      yield;
      yield* forEach(this.#used.policiesOf(ref), (id) => ids.add(id));
    }
    return yield* sorted(ids, (x, y) => (x < y ? -1 : 1));
  }

  /** What is known of these ports, by which copies leave for monitors, may have changed. */
  outletsChanged(ports: Iterable<PortAt>): void {
    for (const at of ports) for (const id of this.#outlets.policiesAt(at)) this.#mark(id);
  }

  /** A switch connected or disconnected: the reasons of every policy with an entry there may differ. */
  switchChanged(dpid: Dpid): void {
    this.#markSwitch(dpid, this.#used);
  }

  /** What a switch holds is known: entries of deleted policies that it might have had may not be there. */
  tablesKnown(dpid: Dpid): void {
    this.#markSwitch(dpid, this.#leaving);
    this.tapBridgesKnown();
  }

  /** More is known of the bridges that get the frames of other switches. */
  tapBridgesKnown(): void {
    for (const id of this.#unknown.keys()) this.#mark(id);
  }

  #markSwitch(dpid: Dpid, index: EntryIndex): void {
    const prefix = entryRef(dpid, "" as FlowKey);
    this.#queue.add("ordinary", () =>
      forEach(index.refs(), (ref) => {
        if (!ref.startsWith(prefix)) return;
        for (const id of index.policiesOf(ref)) this.#mark(id);
      }),
    );
  }

  /**
   * Resolves when the state of a policy no longer changes by itself (active, disabled, expired, suspended or in error;
   * deleted and removed from every switch), after `timeoutMs`, or when the signal aborts. Never rejects.
   */
  whenSettled(id: PolicyId, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#dirty.has(id)) this.#report(new Set([id]));
    if (this.#isSettled(id) || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, waiters);
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        waiters.delete(done);
        if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id);
        resolve();
      };
      const cancel = this.#deps.clock.after(timeoutMs, done);
      signal.addEventListener("abort", done);
      waiters.add(done);
    });
  }

  /** Whether a policy that does not exist has no entries left on any switch, as last reported. */
  hasLeft(id: PolicyId): boolean {
    return !this.#reported.has(id) && this.#isGone(id);
  }

  /** Whether no switch has an entry of a deleted policy, as last reported. */
  #isGone(id: PolicyId): boolean {
    return !this.#leaving.has(id) && !this.#unknown.has(id);
  }

  #isSettled(id: PolicyId): boolean {
    if (this.#deps.inputs.isCompiling?.(id)) return false;
    const reported = this.#reported.get(id);
    if (reported?.state === "pending" && this.#deps.inputs.inactive?.(id)) return true;
    if (reported) return SETTLED.has(reported.state);
    return this.#isGone(id);
  }

  #mark(id: PolicyId): void {
    const { clock } = this.#deps;
    this.#dirty.add(id);
    // Bulk edits take policies through several states in quick succession: only the last is reported.
    this.#reportAll ??= clock.after(REPORT_AFTER_MS, () => this.#flush());
    if (!this.#waiters.has(id)) return;
    this.#awaited.add(id);
    this.#reportAwaited ??= clock.after(0, () => this.#report(this.#awaited));
  }

  #flush(): void {
    this.#reportAll?.();
    this.#reportAll = undefined;
    this.#report(this.#dirty);
    if (this.#dirty.size > 0) this.#reportAll = this.#deps.clock.after(0, () => this.#flush());
  }

  /** Reports the present status of policies and resolves their waiters; of very many, the first ones. */
  #report(which: Set<PolicyId>): void {
    if (which === this.#awaited || this.#awaited.size === 0) {
      this.#reportAwaited?.();
      this.#reportAwaited = undefined;
    }
    if (which.size === 0) return;
    const turn = new YieldTimer(MAX_TURN_MS);
    for (const id of firstOf(which, POLICIES_PER_TURN)) {
      this.#dirty.delete(id);
      this.#awaited.delete(id);
      this.#reportOne(id);
      if (this.#isSettled(id)) for (const done of [...(this.#waiters.get(id) ?? [])]) done();
      if (turn.shouldYield) break;
    }
    if (this.#dirty.size === 0) for (const listener of this.#listeners) listener.flushed();
  }

  #reportOne(id: PolicyId): void {
    const plan = this.#deps.plan(id);
    const old = this.#reported.get(id);
    this.#unreported.delete(id);
    if (old) this.#counts[old.state]--;
    if (!plan) {
      this.#reported.delete(id);
      const left = [...this.#leaving.refsOf(id)].filter((ref) => this.#isLeaving(ref));
      this.#leaving.set(id, new Set(left));
      const sources = [...(this.#unknown.get(id) ?? [])];
      const unknown = sources.filter((dpid) => this.#deps.isUnknown?.(dpid));
      if (unknown.length > 0) this.#unknown.set(id, new Set(unknown));
      else this.#unknown.delete(id);
      return;
    }
    const status = policyStatus(plan, this.#deps.inputs);
    this.#counts[status.state]++;
    this.#reported.set(id, status);
    if (sameStatus(old, status)) return;
    for (const listener of this.#listeners) listener.changed(id, old, status);
  }

  /** Whether an entry of a deleted policy, which no other policy uses, may still be on its switch. */
  #isLeaving(ref: EntryRef): boolean {
    return this.#used.policiesOf(ref).size === 0 && this.#deps.isLeaving(ref);
  }
}

function firstOf<T>(all: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const each of all) {
    if (first.length >= count) break;
    first.push(each);
  }
  return first;
}
