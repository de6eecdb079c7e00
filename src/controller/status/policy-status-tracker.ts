import type { PolicyState, PolicyStatus } from "../../contract/policies.ts";
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";
import { EntryIndex } from "./entry-index.ts";
import { policyStatus, type StatusInputs, sameStatus } from "./policy-status.ts";

/** What the board looks at and whom it tells. */
export interface PolicyStatusTrackerOptions {
  readonly look: StatusInputs;
  /** Whether an entry that nobody wants may still be on its switch. */
  isLeaving(ref: EntryRef): boolean;
  plan(id: PolicyId): PolicyPlan | undefined;
  /** The status of a policy is no longer what it was; `old` is absent for a new policy. */
  changed(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void;
  /** Every change so far has been told. */
  flushed(): void;
  readonly clock: Clock;
}

/** How long changes that nobody waits for are collected, in milliseconds. */
const TELL_AFTER_MS = 20;

/** Most policies whose status is worked out at once: others want to be served, too. */
const AT_ONCE = 500;

const NOTHING: ReadonlySet<EntryRef> = new Set();

/**
 * The status of every policy, kept up to date in proportion to what changes: an index from entries
 * to the policies that rely on them says whose status to look at again.
 */
export class PolicyStatusTracker {
  readonly #options: PolicyStatusTrackerOptions;
  /** As last told. */
  readonly #posted = new Map<PolicyId, PolicyStatus>();
  /** The entries that policies rely on. */
  readonly #used = new EntryIndex();
  /** Entries of deleted policies that some switch may still hold. */
  readonly #leaving = new EntryIndex();
  readonly #dirty = new Set<PolicyId>();
  /** Those of the dirty that are new: no status of theirs has been told yet. */
  readonly #untold = new Set<PolicyId>();
  readonly #waiters = new Map<PolicyId, Set<() => void>>();
  readonly #counts: Record<PolicyState, number> = {
    disabled: 0,
    pending: 0,
    active: 0,
    degraded: 0,
    error: 0,
  };
  /** Those of the dirty that somebody waits for. */
  readonly #awaited = new Set<PolicyId>();
  #tellAll: CancelTimer | undefined;
  #tellAwaited: CancelTimer | undefined;

  constructor(options: PolicyStatusTrackerOptions) {
    this.#options = options;
  }

  /**
   * How many policies are in each state. While very many are new, those whose turn has not come count
   * as pending.
   */
  get counts(): Readonly<Record<PolicyState, number>> {
    this.#flush();
    return { ...this.#counts, pending: this.#counts.pending + this.#untold.size };
  }

  status(id: PolicyId): PolicyStatus {
    const plan = this.#options.plan(id);
    if (!plan) return { state: "disabled", reasons: [] };
    return policyStatus(plan, this.#options.look);
  }

  /** The plans of these policies changed (also: came or went). */
  plansChanged(ids: Iterable<PolicyId>): void {
    for (const id of ids) {
      const plan = this.#options.plan(id);
      // A policy that is gone leaves what it used, one that is (back) there leaves nothing.
      if (plan) this.#leaving.set(id, NOTHING);
      else if (this.#used.has(id)) this.#leaving.set(id, this.#used.refsOf(id));
      this.#used.set(id, new Set(plan?.copies.flatMap(({ entries }) => entries)));
      if (plan && !this.#posted.has(id)) this.#untold.add(id);
      else this.#untold.delete(id);
      this.#mark(id);
    }
  }

  /** The states of these entries may have changed. */
  entriesChanged(refs: Iterable<EntryRef>): void {
    for (const ref of refs) {
      for (const id of this.#used.policiesOf(ref)) this.#mark(id);
      for (const id of this.#leaving.policiesOf(ref)) this.#mark(id);
    }
  }

  /** A switch came or went: every policy with an entry there may have other reasons now. */
  switchChanged(dpid: Dpid): void {
    for (const ref of this.#used.refs()) {
      if (splitEntryRef(ref).dpid !== dpid) continue;
      for (const id of this.#used.policiesOf(ref)) this.#mark(id);
    }
  }

  /**
   * Resolves when nothing more happens to a policy by itself (active, disabled or in error; deleted
   * and gone from every switch), after `timeoutMs`, or when the signal aborts. Never rejects.
   */
  whenSettled(id: PolicyId, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#dirty.has(id)) this.#tell(new Set([id]));
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
      const cancel = this.#options.clock.after(timeoutMs, done);
      signal.addEventListener("abort", done);
      waiters.add(done);
    });
  }

  #isSettled(id: PolicyId): boolean {
    const posted = this.#posted.get(id);
    if (posted?.state === "pending" && this.#options.look.suspension?.(id)) return true;
    if (posted) return ["active", "disabled", "error"].includes(posted.state);
    return !this.#leaving.has(id);
  }

  #mark(id: PolicyId): void {
    const { clock } = this.#options;
    this.#dirty.add(id);
    // A bulk of policies goes through several states in quick succession: told once, not each.
    this.#tellAll ??= clock.after(TELL_AFTER_MS, () => this.#flush());
    if (!this.#waiters.has(id)) return;
    this.#awaited.add(id);
    this.#tellAwaited ??= clock.after(0, () => this.#tell(this.#awaited));
  }

  #flush(): void {
    this.#tellAll?.();
    this.#tellAll = undefined;
    this.#tell(this.#dirty);
    if (this.#dirty.size > 0) this.#tellAll = this.#options.clock.after(0, () => this.#flush());
  }

  /** Tells the present status of policies, and those who wait for it; of very many, the first. */
  #tell(which: Set<PolicyId>): void {
    if (which === this.#awaited || this.#awaited.size === 0) {
      this.#tellAwaited?.();
      this.#tellAwaited = undefined;
    }
    if (which.size === 0) return;
    for (const id of firstOf(which, AT_ONCE)) {
      this.#dirty.delete(id);
      this.#awaited.delete(id);
      this.#post(id);
      if (!this.#isSettled(id)) continue;
      for (const done of [...(this.#waiters.get(id) ?? [])]) done();
    }
    if (this.#dirty.size === 0) this.#options.flushed();
  }

  #post(id: PolicyId): void {
    const plan = this.#options.plan(id);
    const old = this.#posted.get(id);
    this.#untold.delete(id);
    if (old) this.#counts[old.state]--;
    if (!plan) {
      this.#posted.delete(id);
      const left = [...this.#leaving.refsOf(id)].filter((ref) => this.#isLeaving(ref));
      this.#leaving.set(id, new Set(left));
      return;
    }
    const status = policyStatus(plan, this.#options.look);
    this.#counts[status.state]++;
    this.#posted.set(id, status);
    if (!sameStatus(old, status)) this.#options.changed(id, old, status);
  }

  /** Whether an entry that a deleted policy relied on is still on its switch for nobody's sake. */
  #isLeaving(ref: EntryRef): boolean {
    return this.#used.policiesOf(ref).size === 0 && this.#options.isLeaving(ref);
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
