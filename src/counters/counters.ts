// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  copyMark,
  type EntryRef,
  inPortOf,
  splitEntryRef,
} from "../flow-model/index.ts";
import { forEach, type Steps } from "../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Clock } from "../runtime/clock.ts";
import { forEachInSlices, StepQueue } from "../runtime/index.ts";
import { Listeners } from "../runtime/listeners.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ListedCounter } from "./counted-entry.ts";
import { type CounterStore, CounterWriter } from "./counter-writer.ts";
import { GuardedFrames } from "./guarded-frames.ts";
import { Ledger } from "./ledger.ts";
import type { PolicyAccount } from "./policy-account.ts";
import { type CounterChannel, CounterPoller, type PortReading } from "./poller.ts";
import { PortActivity, type PortCounts } from "./port-activity.ts";
import { Rates } from "./rates/rates.ts";
import { NO_TOTALS, type Totals } from "./totals.ts";

/** Default interval between readings of a switch, in milliseconds. */
export const DEFAULT_COUNTERS_INTERVAL_MS = 10_000;

/** Longest time from reading a counter to publishing it, in milliseconds. */
const MAX_WRITE_INTERVAL_MS = 5_000;
const MIN_WRITE_INTERVAL_MS = 100;

/** The counters of a policy as published. */
export interface PolicyCounters extends Totals {
  /** ISO 8601, UTC: when counting began. */
  readonly since: string;
  /** ISO 8601, UTC: every switch involved has been read since; undefined: not all have been read. */
  readonly readAt: string | undefined;
  /** No rule that makes its copies also copies frames that only other policies request. */
  readonly exact: boolean;
  readonly monitors: readonly ({ readonly monitor: string; readonly exact: boolean } & Totals)[];
}

/** The buckets of an installed group. A group is never changed, only added and deleted. */
interface CountedGroup {
  readonly buckets: readonly { readonly actions: readonly ActionSpec[] }[];
}

export interface CountersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: CounterStore;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** Time in which every switch is read once, in milliseconds; 0: never. */
  readonly intervalMs?: number;
  /**
   * Distinguishes a policy from a later one of the same id: its creation time, or `file`, because a
   * file has none; undefined: there is no such policy.
   */
  readonly creation: (id: PolicyId) => string | undefined;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** An own group of a switch; undefined: it is not known (yet). */
  readonly group: (dpid: string, id: number) => CountedGroup | undefined;
  /** Whether an entry of another application takes frames before a rule. */
  readonly isOverridden: (ref: EntryRef) => boolean;
  /** Both ends of the links of the network, whose rates are kept. Default: none. */
  readonly links?: () => Iterable<{ readonly dpid: string; readonly port: number }>;
  /** Guards of a switch dropped so many frames since the last call; not more often than each minute. */
  readonly guardsDropped: (dpid: string, frames: number, total: number) => void;
}

/** Counts, per policy, the copies that are made and those that arrive. */
export class Counters {
  readonly #options: CountersOptions;
  readonly #isOn: boolean;
  readonly #ledger: Ledger;
  /**
   * Every change of the ledger is an operation of this queue, and so is a snapshot of it: a snapshot is of
   * one moment. If one half of it were older than the other, a restart from it would count copies twice,
   * or never.
   */
  readonly #queue = new StepQueue();
  readonly #poller: CounterPoller;
  readonly #writer: CounterWriter;
  readonly #guarded: GuardedFrames;
  /** How fast copies are made and arrive, and how fast frames cross links. */
  readonly rates: Rates;
  /** When each switch was last read, as of the published figures. */
  #publishedReadAt: ReadonlyMap<string, string> = new Map();
  readonly #readAt = new Map<string, string>();
  /** By switch; while it is connected. */
  readonly #activity = new Map<string, PortActivity>();
  /** When the plans changed whose followers are notified later, on the clock. */
  readonly #changedAt = new Map<PolicyId, number>();
  readonly #published = new Listeners<[]>();

  constructor(options: CountersOptions) {
    const { clock, logger, store, group, isOverridden } = options;
    const marksOf = (dpid: string, id: number) => {
      const found = group(dpid, id);
      return found && marksIn(found);
    };
    const { intervalMs = DEFAULT_COUNTERS_INTERVAL_MS } = options;
    this.#options = options;
    this.#isOn = intervalMs > 0;
    const ledger = new Ledger({
      now: () => clock.now(),
      epoch: () => Date.parse(options.now()),
      marksOf,
      isOverridden,
      wasQuiet: (ref, ...times) =>
        this.#activity.get(splitEntryRef(ref).dpid)?.wasQuiet(inPortOf(ref), ...times) ?? false,
    });
    this.#ledger = ledger;
    const queue = this.#queue;
    const guarded = new GuardedFrames({ now: () => clock.now(), report: options.guardsDropped });
    this.#guarded = guarded;
    const rates = new Rates({
      ...{ clock, queue, ledger, intervalMs },
      epoch: () => Date.parse(options.now()),
      links: options.links ?? (() => []),
      paceChanged: (ms) => this.#poller.setInterval(ms),
    });
    this.rates = rates;
    this.#poller = new CounterPoller({
      ...{ clock, intervalMs, ledger, queue, logger, guarded, rates },
      read: (dpid, asked) => {
        this.#readAt.set(dpid, options.now());
        rates.switchRead(dpid, asked);
      },
      readingPorts: (...read) => this.#readingPorts(...read),
    });
    const half = Math.max(intervalMs / 2, MIN_WRITE_INTERVAL_MS);
    const everyMs = Math.min(half, MAX_WRITE_INTERVAL_MS);
    const publish = () => {
      const readAt = new Map(this.#readAt);
      return () => {
        this.#publishedReadAt = readAt;
        this.#published.notify();
      };
    };
    const epoch = () => Date.parse(options.now());
    this.#writer = new CounterWriter({
      ...{ ledger, queue, store, clock, epoch, logger, everyMs, publish },
    });
  }

  /** Restores the persisted counters. Call before any policy is added. */
  async load(): Promise<void> {
    const { policies, entries } = await this.#options.store.load();
    const ledger = this.#ledger;
    await forEachInSlices(policies, (policy) => ledger.restore([policy], []));
    await forEachInSlices(entries, (entry) => ledger.restore([], [entry]));
  }

  /**
   * All policies and their plans are known: drops the persisted counters of other policies, and begins
   * to persist.
   */
  async start(): Promise<void> {
    const ledger = this.#ledger;
    // `plansChanged` was called for every existing policy that makes copies.
    await forEachInSlices(ledger.policies, (id) => {
      if (!ledger.account(id)?.counted.size) this.plansChanged([id]);
    });
    this.#writer.start();
    if (this.#isOn) this.rates.start();
  }

  /** The plans of these policies change: `plansChanged` follows, perhaps after their rules are installed. */
  *plansChanging(ids: Iterable<PolicyId>): Steps<void> {
    const now = this.#options.clock.now();
    yield* forEach(ids, (id) => {
      if (!this.#changedAt.has(id)) this.#changedAt.set(id, now);
    });
  }

  /** The plans of these policies have changed, or were added or removed. */
  plansChanged(ids: Iterable<PolicyId>): void {
    const changed = Array.from(ids, (id) => [id, this.#changedAt.get(id)] as const);
    for (const [id] of changed) this.#changedAt.delete(id);
    this.#queue.add("ordinary", () =>
      forEach(changed, ([id, since]) => this.#planChanged(id, since)),
    );
  }

  connect(dpid: string, channel: CounterChannel): void {
    if (!this.#isOn) return;
    this.#activity.set(dpid, new PortActivity());
    this.#poller.connect(dpid, channel);
  }

  *#readingPorts(dpid: string, counts: PortCounts, { time, isBefore }: PortReading): Steps<void> {
    const activity = this.#activity.get(dpid);
    if (activity === undefined) return;
    yield* activity.reading(counts, time, isBefore);
    const isCurrent = () => this.#activity.get(dpid) === activity;
    yield* this.rates.readingPorts(dpid, counts, time.asked, isCurrent);
  }

  disconnect(dpid: string): void {
    this.#activity.delete(dpid);
    this.#poller.disconnect(dpid);
    this.rates.disconnect(dpid);
    this.#queue.add("ordinary", () => this.#ledger.disconnecting(dpid));
  }

  /** Changes of a switch's entries are about to be sent. */
  sending(dpid: string): void {
    this.#poller.changing(dpid);
  }

  /** Entries are about to be added over themselves: their ages begin anew, while their counts continue. */
  readding(refs: readonly EntryRef[]): void {
    const now = this.#options.clock.now();
    const ledger = this.#ledger;
    this.#queue.add("ordinary", () => forEach(refs, (ref) => ledger.readding(ref, now)));
  }

  /** A switch reports that an entry was removed, with its final count. */
  removed(dpid: string, entry: ListedCounter): void {
    const now = this.#options.clock.now();
    const ledger = this.#ledger;
    const time = { asked: now, received: now };
    this.#queue.add("ordinary", () => forEach([entry], (each) => ledger.removed(dpid, each, time)));
  }

  /** The published counters of a policy; undefined for an unknown one. */
  of(id: PolicyId): PolicyCounters | undefined {
    const account = this.#ledger.account(id);
    if (!account) return undefined;
    const { since, published, shared } = account;
    const readAt = this.#readSince(account);
    const monitors = [...new Set([...published.monitors.keys(), ...account.monitors.keys()])].map(
      (monitor) => ({
        monitor,
        ...(published.monitors.get(monitor) ?? NO_TOTALS),
        exact: !shared.has(monitor) && !published.miscounted.has(monitor),
      }),
    );
    const exact = shared.size === 0 && published.miscounted.size === 0;
    return { ...published.total, since, readAt, exact, monitors };
  }

  /** The totals of a policy, as published and on disk; undefined for an unknown policy. */
  totals(id: PolicyId): Totals | undefined {
    return this.#ledger.account(id)?.published.total;
  }

  /**
   * The copies of a policy, as published and on disk, with when the last of them were counted, in milliseconds since
   * 1970; undefined for an unknown policy.
   */
  copied(id: PolicyId): (Totals["copied"] & { readonly at: number | undefined }) | undefined {
    const figures = this.#ledger.account(id)?.published;
    return figures && { ...figures.total.copied, at: figures.copiedAt };
  }

  /** The totals of a policy; undefined: nothing is counted, and its switches have not been read. */
  countedTotals(id: PolicyId): Totals | undefined {
    const account = this.#ledger.account(id);
    if (!account) return undefined;
    const { total } = account.published;
    return total.copied.packets > 0 || this.#readSince(account) !== undefined ? total : undefined;
  }

  /** Calls back when figures have been published. */
  subscribe(listener: () => void): void {
    this.#published.add(listener);
  }

  /** The frames that guards of a switch have dropped since this process started. */
  guardedFrames(dpid: string): number {
    return this.#guarded.of(dpid);
  }

  /** Persists the counters. Switches are no longer read. */
  async close(): Promise<void> {
    this.#poller.close();
    this.rates.close();
    await this.#writer.close();
  }

  #planChanged(id: PolicyId, since: number | undefined): void {
    const { creation, plan, now } = this.#options;
    const born = creation(id);
    const counted = born !== undefined && this.#isOn ? plan(id) : undefined;
    this.rates.setPlan(id, counted);
    if (born === undefined) this.#ledger.remove(id);
    else this.#ledger.setPolicy(id, { born, since: now() }, counted, since);
  }

  /** Does not advance while copies are left out: they must not look as if they were counted. */
  #readSince(account: PolicyAccount): string | undefined {
    if (account.isSettling) return account.readAt;
    let oldest: string | undefined;
    for (const dpid of account.switches) {
      const at = this.#publishedReadAt.get(dpid);
      if (at === undefined) return undefined;
      if (oldest === undefined || at < oldest) oldest = at;
    }
    account.readAt = oldest;
    return oldest;
  }
}

const MARKS = new WeakMap<CountedGroup, ReadonlySet<string>>();

/** The marks of a group's buckets; a group is never changed, only added and deleted. */
function marksIn(group: CountedGroup): ReadonlySet<string> {
  let marks = MARKS.get(group);
  if (!marks) {
    marks = new Set(group.buckets.map(({ actions }) => copyMark(actions)));
    MARKS.set(group, marks);
  }
  return marks;
}
