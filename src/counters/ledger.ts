import { type CountedCategory, type EntryRef, splitEntryRef } from "../flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Claim, CopyStream } from "./copy-stream.ts";
import type { ListedCounter } from "./counted-entry.ts";
import type { ReadingTime } from "./counter-delta.ts";
import {
  hashOfTrails,
  PolicyAccount,
  type PolicyRecord,
  type PolicyTrail,
  sharedMonitors,
  trailsOf,
} from "./policy-account.ts";
import { type EntryRecord, SwitchLedger } from "./switch-ledger.ts";

/** What a ledger asks of the outside. */
export interface LedgerOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since 1970 on the computer's clock, which goes on while we do not. */
  readonly epoch: () => number;
  /** The buckets of a switch's group, by their marks; undefined: the group is not known (yet). */
  readonly marksOf: (dpid: string, group: number) => ReadonlySet<string> | undefined;
}

/** What has changed since it was last asked for. */
export interface LedgerChanges {
  readonly policies: ReadonlySet<PolicyId>;
  /** Policies that are gone. */
  readonly removed: ReadonlySet<PolicyId>;
  /** By switch. */
  readonly entries: ReadonlyMap<string, ReadonlySet<bigint>>;
}

/** How a policy is told from another one of its id, and when its counting began. */
export interface PolicyBirth {
  readonly born: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * Whose copies the counters of the switches are. Memory only: readings go in, totals come out.
 *
 * - What entries have counted is added up as differences, so totals never fall, whatever becomes of
 *   the entries (see `progress`).
 * - A rewriting rule that makes copies for several policies counts for each of them.
 * - A policy has a claim to a rule's copies from the time when its plan says so. Of an interval in
 *   which that changed the copies are not counted for those who came or went: too few, never too many.
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

  /** Takes up what a former life of ours wrote down. Before anything else. */
  restore(
    policies: Iterable<PolicyRecord>,
    entries: Iterable<{ readonly dpid: string; readonly records: readonly EntryRecord[] }>,
  ): void {
    for (const record of policies) this.#accounts.set(record.id, new PolicyAccount(record));
    for (const { dpid, records } of entries) {
      for (const record of records) this.switch(dpid).restore(record);
    }
  }

  /** The policies that it counts for. */
  get policies(): Iterable<PolicyId> {
    return this.#accounts.keys();
  }

  account(id: PolicyId): PolicyAccount | undefined {
    return this.#accounts.get(id);
  }

  /** The policy has this plan now; without one it counts nothing from now on. */
  setPolicy(id: PolicyId, birth: PolicyBirth, plan: PolicyPlan | undefined): void {
    let account = this.#accounts.get(id);
    if (account && account.born !== birth.born) {
      this.remove(id);
      account = undefined;
    }
    if (!account) {
      account = new PolicyAccount({ id, ...birth });
      this.#accounts.set(id, account);
      this.#removed.delete(id);
      this.#changedPolicies.add(id);
    }
    const trails = plan ? trailsOf(plan) : new Map<string, PolicyTrail>();
    if (plan) account.shared = sharedMonitors(plan);
    this.#setTrails(account, trails);
  }

  /** The policy is gone: one that comes with its id starts at zero. */
  remove(id: PolicyId): void {
    const account = this.#accounts.get(id);
    if (!account) return;
    this.#accounts.delete(id);
    for (const { stream, claim } of account.counted.values()) {
      stream.claims = stream.claims.filter((each) => each !== claim);
    }
    this.#changedPolicies.delete(id);
    this.#removed.add(id);
  }

  /** Whether anything of a category on a switch is to be read. */
  has(dpid: string, category: CountedCategory): boolean {
    return this.#switches.get(dpid)?.has(category) ?? false;
  }

  listed(dpid: string, entry: ListedCounter, time: ReadingTime): void {
    const { marksOf } = this.#options;
    this.switch(dpid).listed(entry, time, (group) => marksOf(dpid, group));
  }

  /** An entry is gone; the last that it has counted. */
  removed(dpid: string, entry: ListedCounter, time: ReadingTime): void {
    this.switch(dpid).removed(entry, time);
  }

  /** Everything on a switch has been listed. */
  turnOver(dpid: string, time: ReadingTime): void {
    this.switch(dpid).turnOver(time);
  }

  switch(dpid: string): SwitchLedger {
    const known = this.#switches.get(dpid);
    if (known) return known;
    const { now, epoch } = this.#options;
    const ledger = new SwitchLedger({
      epochOf: (time) => epoch() - (now() - time),
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

  /** What was taken has not been written down: it is still to be. */
  putBack({ policies, removed, entries }: LedgerChanges): void {
    for (const id of policies) if (this.#accounts.has(id)) this.#changedPolicies.add(id);
    for (const id of removed) if (!this.#accounts.has(id)) this.#removed.add(id);
    for (const [dpid, cookies] of entries) {
      const all = this.#changedEntries.get(dpid) ?? new Set();
      for (const cookie of cookies) all.add(cookie);
      this.#changedEntries.set(dpid, all);
    }
  }

  #setTrails(account: PolicyAccount, trails: ReadonlyMap<string, PolicyTrail>): void {
    const { counted } = account;
    const now = this.#options.now();
    for (const [id, { trail, claim }] of counted) {
      if (isSameClaim(trails.get(id), trail)) continue;
      claim.until = now;
      counted.delete(id);
    }
    const { restored } = account;
    const isSame = restored !== undefined && restored === hashOfTrails(trails.keys());
    const from = isSame ? Number.NEGATIVE_INFINITY : now;
    for (const [id, trail] of trails) {
      if (counted.has(id)) continue;
      const claim = this.#claimOf(account, trail, from);
      const stream = this.#streamOf(id, trail, now);
      stream.claim(claim);
      counted.set(id, { trail, claim, stream });
      this.#changedPolicies.add(account.id);
    }
    if (trails.size > 0) account.restored = undefined;
  }

  #claimOf(account: PolicyAccount, { monitors, inTotal }: PolicyTrail, from: number): Claim {
    const total = inTotal ? [account.total] : [];
    const tallies = [...total, ...monitors.map((name) => account.monitor(name))];
    const changed = () => {
      if (this.#accounts.get(account.id) === account) this.#changedPolicies.add(account.id);
    };
    const policy = account.id;
    return { policy, tallies, changed, from, until: Number.POSITIVE_INFINITY };
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

function isSameClaim(a: PolicyTrail | undefined, b: PolicyTrail): boolean {
  return a?.monitors.join() === b.monitors.join() && a?.inTotal === b.inTotal;
}
