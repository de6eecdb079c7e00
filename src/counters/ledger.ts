// SPDX-License-Identifier: Apache-2.0
import { type CountedCategory, type EntryRef, splitEntryRef } from "../flow-model/index.ts";
import type { Steps } from "../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Attribution } from "./batch.ts";
import type { CopyStream } from "./copy-stream.ts";
import type { ListedCounter } from "./counted-entry.ts";
import type { SwitchFacts } from "./counted-source.ts";
import { NEVER, type ReadingTime } from "./counter-delta.ts";
import {
  hashOfTrails,
  PolicyAccount,
  type PolicyRecord,
  type PolicyTrail,
  sharedMonitors,
  trailsOf,
} from "./policy-account.ts";
import { type EntryRecord, SwitchLedger } from "./switch-ledger.ts";

/** Options of `Ledger`. */
export interface LedgerOptions {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Milliseconds since 1970 on the computer's clock, which continues across restarts. */
  readonly epoch: () => number;
  /** The buckets of a switch's group, by their marks; undefined: the group is not known (yet). */
  readonly marksOf: (dpid: string, group: number) => ReadonlySet<string> | undefined;
  /** See `SwitchFacts`. */
  readonly wasQuiet: SwitchFacts["wasQuiet"];
  readonly isOverridden: SwitchFacts["isOverridden"];
}

/** Changes since the previous `takeChanges`. */
export interface LedgerChanges {
  readonly policies: ReadonlySet<PolicyId>;
  /** Policies that have been deleted. */
  readonly removed: ReadonlySet<PolicyId>;
  /** By switch. */
  readonly entries: ReadonlyMap<string, ReadonlySet<bigint>>;
}

/** Distinguishes a policy from an earlier one of the same id, and says when counting began. */
export interface PolicyCreation {
  readonly born: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * Attributes the counters of the switches to policies. Memory only: readings in, totals out.
 *
 * - Totals are sums of differences between readings, so they never decrease, whatever happens to the
 *   entries (see `counterDelta`).
 * - A rewriting rule that makes copies for several policies counts for each of them.
 * - A rule's copies are attributed to a policy from the time when its plan says so. The copies of an
 *   interval in which an attribution begins or ends are not counted for it: too few, never too many.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #switches = new Map<string, SwitchLedger>();
  readonly #accounts = new Map<PolicyId, PolicyAccount>();
  #changedPolicies = new Set<PolicyId>();
  #removed = new Set<PolicyId>();
  #changedEntries = new Map<string, Set<bigint>>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Restores the state persisted by the previous process. Call first. */
  restore(
    policies: Iterable<PolicyRecord>,
    entries: Iterable<{ readonly dpid: string; readonly records: readonly EntryRecord[] }>,
  ): void {
    for (const record of policies) this.#accounts.set(record.id, new PolicyAccount(record));
    for (const { dpid, records } of entries) {
      for (const record of records) this.switch(dpid).restore(record);
    }
  }

  /** The policies with an account. */
  get policies(): Iterable<PolicyId> {
    return this.#accounts.keys();
  }

  account(id: PolicyId): PolicyAccount | undefined {
    return this.#accounts.get(id);
  }

  /**
   * The policy has this plan since a time (default: now), at which its rules were not sent yet; without
   * one nothing more is counted for it.
   */
  setPolicy(
    id: PolicyId,
    creation: PolicyCreation,
    plan: PolicyPlan | undefined,
    since = this.#options.now(),
  ): void {
    let account = this.#accounts.get(id);
    if (account && account.born !== creation.born) {
      this.remove(id);
      account = undefined;
    }
    if (!account) {
      account = new PolicyAccount({ id, ...creation });
      this.#accounts.set(id, account);
      this.#removed.delete(id);
      this.#changedPolicies.add(id);
    }
    const trails = plan ? trailsOf(plan) : new Map<string, PolicyTrail>();
    if (plan) account.shared = sharedMonitors(plan);
    this.#setTrails(account, trails, since);
  }

  /** The policy has been deleted: a later one of its id starts at zero. */
  remove(id: PolicyId): void {
    const account = this.#accounts.get(id);
    if (!account) return;
    this.#accounts.delete(id);
    for (const { stream, attribution } of account.counted.values()) {
      stream.attributions = stream.attributions.filter((each) => each !== attribution);
    }
    this.#changedPolicies.delete(id);
    this.#removed.add(id);
  }

  /** Whether anything of a category on a switch is to be read. */
  has(dpid: string, category: CountedCategory): boolean {
    return this.#switches.get(dpid)?.has(category) ?? false;
  }

  listed(dpid: string, entry: ListedCounter, time: ReadingTime): void {
    this.switch(dpid).listed(entry, time);
  }

  /** An entry has been removed; `entry` is its final count. */
  removed(dpid: string, entry: ListedCounter, time: ReadingTime): void {
    this.switch(dpid).removed(entry, time);
  }

  /** An entry is about to be added over itself: its age may begin anew, while its counts continue. */
  readding(ref: EntryRef, now: number): void {
    this.#at(ref).readding(ref, now);
  }

  /** A switch has disconnected. */
  disconnecting(dpid: string): Steps<void> {
    return this.switch(dpid).disconnecting();
  }

  /** A poll has listed every counted entry of a switch. */
  completingPoll(dpid: string, time: ReadingTime): Steps<void> {
    return this.switch(dpid).completingPoll(time);
  }

  switch(dpid: string): SwitchLedger {
    const known = this.#switches.get(dpid);
    if (known) return known;
    const { now, epoch, marksOf, wasQuiet, isOverridden } = this.#options;
    const ledger = new SwitchLedger({
      epochOf: (time) => epoch() - (now() - time),
      facts: { marksOf: (group) => marksOf(dpid, group), wasQuiet, isOverridden },
      changed: (cookie) => {
        const cookies = this.#changedEntries.get(dpid) ?? new Set();
        this.#changedEntries.set(dpid, cookies.add(cookie));
      },
    });
    this.#switches.set(dpid, ledger);
    return ledger;
  }

  takeChanges(): LedgerChanges {
    const changes = {
      policies: this.#changedPolicies,
      removed: this.#removed,
      entries: this.#changedEntries,
    };
    this.#changedPolicies = new Set();
    this.#removed = new Set();
    this.#changedEntries = new Map();
    return changes;
  }

  /** The taken changes could not be persisted: they are still to be. */
  putBack({ policies, removed, entries }: LedgerChanges): void {
    for (const id of policies) if (this.#accounts.has(id)) this.#changedPolicies.add(id);
    for (const id of removed) if (!this.#accounts.has(id)) this.#removed.add(id);
    for (const [dpid, cookies] of entries) {
      const all = this.#changedEntries.get(dpid) ?? new Set();
      for (const cookie of cookies) all.add(cookie);
      this.#changedEntries.set(dpid, all);
    }
  }

  #setTrails(account: PolicyAccount, trails: ReadonlyMap<string, PolicyTrail>, now: number): void {
    const { counted } = account;
    for (const [id, { trail, attribution }] of counted) {
      if (isSameAttribution(trails.get(id), trail)) continue;
      attribution.until = now;
      counted.delete(id);
      account.attributedAt = now;
    }
    const { restored } = account;
    const isSame = restored !== undefined && restored === hashOfTrails(trails.keys());
    const isUnknown = restored !== undefined && restored !== NO_TRAILS && !isSame;
    const from = isSame ? NEVER : now;
    for (const [id, trail] of trails) {
      if (counted.has(id)) continue;
      const attribution = this.#attributionOf(account, trail, from);
      // Copies of before were made by rules that the previous process had not read.
      if (isUnknown) attribution.miscounted();
      const stream = this.#streamOf(id, trail, now);
      stream.attribute(attribution);
      counted.set(id, { trail, attribution, stream });
      account.attributedAt = now;
      this.#changedPolicies.add(account.id);
    }
    if (trails.size > 0) account.restored = undefined;
  }

  #attributionOf(
    account: PolicyAccount,
    { monitors, inTotal }: PolicyTrail,
    from: number,
  ): Attribution {
    const total = inTotal ? [account.total] : [];
    const totals = [...total, ...monitors.map((name) => account.monitor(name))];
    const changed = () => {
      if (this.#accounts.get(account.id) === account) this.#changedPolicies.add(account.id);
    };
    const miscounted = () => {
      if (account.noteMiscounted(monitors)) changed();
    };
    const policy = account.id;
    return { policy, totals, changed, miscounted, from, until: Number.POSITIVE_INFINITY };
  }

  #streamOf(id: string, { source, mark, sink }: PolicyTrail, now: number): CopyStream {
    const to = sink && this.#at(sink).sink(sink, now).sink;
    const at = this.#at(source);
    return at.stream(at.source(source, now), mark, to, id);
  }

  #at(ref: EntryRef): SwitchLedger {
    return this.switch(splitEntryRef(ref).dpid);
  }
}

const NO_TRAILS = hashOfTrails([]);

function isSameAttribution(a: PolicyTrail | undefined, b: PolicyTrail): boolean {
  return a?.monitors.join() === b.monitors.join() && a?.inTotal === b.inTotal;
}
