import { type ActionSpec, copyMark } from "../flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ListedCounter } from "./counted-entry.ts";
import { type CounterStore, CounterWriter } from "./counter-writer.ts";
import { Ledger } from "./ledger.ts";
import { type CounterChannel, CounterPoller } from "./poller.ts";
import { SnapshotGate } from "./snapshot-gate.ts";
import { NO_TOTALS, type Totals } from "./totals.ts";

/** How often each switch is read when nothing else is said, in milliseconds. */
export const DEFAULT_COUNTERS_INTERVAL_MS = 10_000;

/** Longest time between what is read and what is told, in milliseconds. */
const MAX_WRITE_INTERVAL_MS = 5_000;
const MIN_WRITE_INTERVAL_MS = 100;

/** The counters of a policy as they are told. */
export interface PolicyCounters extends Totals {
  /** ISO 8601, UTC: when counting began. */
  readonly since: string;
  /** ISO 8601, UTC: every switch concerned has been read since; undefined: not all have been read. */
  readonly readAt: string | undefined;
  /** No rule that makes its copies makes any of frames that only other policies ask for. */
  readonly exact: boolean;
  readonly monitors: readonly ({ readonly monitor: string; readonly exact: boolean } & Totals)[];
}

/** The buckets of an installed group. A group never changes, it comes and goes. */
export interface CountedGroup {
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
   * What tells a policy from a later one of the same id: when it was created, or `file`, since a file
   * does not hold that; undefined: there is no such policy.
   */
  readonly creation: (id: PolicyId) => string | undefined;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** A group of ours on a switch; undefined: it is not known (yet). */
  readonly group: (dpid: string, id: number) => CountedGroup | undefined;
}

/** Counts, per policy, the copies that are made and those that arrive. */
export class Counters {
  readonly #options: CountersOptions;
  readonly #isOn: boolean;
  readonly #ledger: Ledger;
  readonly #gate = new SnapshotGate();
  readonly #polls: CounterPoller;
  readonly #keeper: CounterWriter;
  /** When each switch was last read, as of the readings told. */
  #toldReadAt: ReadonlyMap<string, string> = new Map();
  readonly #readAt = new Map<string, string>();

  constructor(options: CountersOptions) {
    const { clock, logger, store, group } = options;
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
    });
    this.#ledger = ledger;
    const gate = this.#gate;
    this.#polls = new CounterPoller({
      ...{ clock, intervalMs, ledger, gate, logger },
      read: (dpid) => this.#readAt.set(dpid, options.now()),
    });
    const half = Math.max(intervalMs / 2, MIN_WRITE_INTERVAL_MS);
    const everyMs = Math.min(half, MAX_WRITE_INTERVAL_MS);
    const publish = () => {
      const readAt = new Map(this.#readAt);
      return () => {
        this.#toldReadAt = readAt;
      };
    };
    this.#keeper = new CounterWriter({ ledger, gate, store, clock, logger, everyMs, publish });
  }

  /** Takes up what was written down. Before any policy. */
  async load(): Promise<void> {
    const { policies, entries } = await this.#options.store.load();
    this.#ledger.restore(policies, entries);
  }

  /**
   * All policies are known, and their plans have been told: forgets what was written down of others,
   * and counts from now on.
   */
  start(): void {
    const ledger = this.#ledger;
    // Those that are there and make copies have been told of, and count them.
    this.plansChanged([...ledger.policies].filter((id) => !ledger.account(id)?.counted.size));
    this.#keeper.start();
  }

  /** The plans of these policies changed (also: came or went). */
  plansChanged(ids: Iterable<PolicyId>): void {
    for (const id of ids) this.#gate.pass(() => this.#planChanged(id));
  }

  connect(dpid: string, channel: CounterChannel): void {
    if (this.#isOn) this.#polls.connect(dpid, channel);
  }

  disconnect(dpid: string): void {
    this.#polls.disconnect(dpid);
  }

  /** A switch says that an entry is gone, and what it has counted. */
  removed(dpid: string, entry: ListedCounter): void {
    const now = this.#options.clock.now();
    this.#gate.pass(() => this.#ledger.removed(dpid, entry, { asked: now, received: now }));
  }

  /** What is told of a policy; undefined: nothing is known of it. */
  of(id: PolicyId): PolicyCounters | undefined {
    const account = this.#ledger.account(id);
    if (!account) return undefined;
    const { since, told, shared } = account;
    const readAt = this.#readSince(account.switches);
    const monitors = [...new Set([...told.monitors.keys(), ...account.monitors.keys()])].map(
      (monitor) => ({
        monitor,
        ...(told.monitors.get(monitor) ?? NO_TOTALS),
        exact: !shared.has(monitor),
      }),
    );
    return { ...told.total, since, readAt, exact: shared.size === 0, monitors };
  }

  /** Writes down what is known. Switches are read no more. */
  async close(): Promise<void> {
    this.#polls.close();
    await this.#keeper.close();
  }

  #planChanged(id: PolicyId): void {
    const { creation, plan, now } = this.#options;
    const born = creation(id);
    if (born === undefined) {
      this.#ledger.remove(id);
      return;
    }
    this.#ledger.setPolicy(id, { born, since: now() }, this.#isOn ? plan(id) : undefined);
  }

  #readSince(dpids: ReadonlySet<string>): string | undefined {
    let oldest: string | undefined;
    for (const dpid of dpids) {
      const at = this.#toldReadAt.get(dpid);
      if (at === undefined) return undefined;
      if (oldest === undefined || at < oldest) oldest = at;
    }
    return oldest;
  }
}

const MARKS = new WeakMap<CountedGroup, ReadonlySet<string>>();

/** The marks of a group's buckets; groups never change, they come and go. */
function marksIn(group: CountedGroup): ReadonlySet<string> {
  let marks = MARKS.get(group);
  if (!marks) {
    marks = new Set(group.buckets.map(({ actions }) => copyMark(actions)));
    MARKS.set(group, marks);
  }
  return marks;
}
