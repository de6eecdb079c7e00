// SPDX-License-Identifier: Apache-2.0
import type { CountedCategory } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { StepQueue } from "../../runtime/index.ts";
import type { ListedCounter } from "../counted-entry.ts";
import type { Ledger } from "../ledger.ts";
import type { PortCounts } from "../port-activity.ts";
import { LinkCopies, type LinkKey, linkKey } from "./link-copies.ts";
import { POLICY_COLUMNS, PolicyRates } from "./policy-rates.ts";
import { PortRates } from "./port-rates.ts";
import { RateHistory, type RateTrack } from "./rate-history.ts";
import type { Rate } from "./rate-meter.ts";
import { RateRow } from "./rate-row.ts";

/** Columns of a link's rates: all frames that enter it, and the copies among them. */
const LINK_COLUMNS = ["pps", "bps", "copiesPps", "copiesBps"] as const;

/** Time between two samples while a client watches, in milliseconds. */
const WATCHED_STEP_MS = 2_000;

/** How long rates are kept, in milliseconds. */
const HISTORY_MS = 10 * 60_000;

/** Steps without a reading after which a rate is no longer known. */
const MOST_STEPS = 3;

/** The port by which frames enter a link. */
interface LinkPort {
  readonly dpid: string;
  readonly port: number;
}

/** Dependencies of `Rates`. */
interface RatesDeps {
  readonly clock: Clock;
  /** The wall clock, in milliseconds since 1970. */
  readonly epoch: () => number;
  /** A sample is an operation of it: the ledger is that of one moment. */
  readonly queue: StepQueue;
  readonly ledger: Ledger;
  /** Time between two readings of a switch, and between two samples, while no client watches. */
  readonly intervalMs: number;
  /** Both ends of the links of the network. */
  readonly links: () => Iterable<LinkPort>;
  /** Switches are to be read in this interval from now on, in milliseconds. */
  readonly paceChanged: (intervalMs: number) => void;
}

/**
 * How fast copies are made and arrive, and how fast frames cross links, now and in the last ten minutes. Samples
 * are taken each time that the switches have been read: every two seconds while a client watches, otherwise at
 * the interval of the counters. Rates are of readings in memory, not of the figures on disk.
 */
export class Rates {
  readonly #deps: RatesDeps;
  readonly #policies = new PolicyRates();
  readonly #ports = new PortRates();
  readonly #copies = new LinkCopies();
  readonly #links = new Map<LinkKey, RateRow>();
  readonly #ofPolicies = new RateHistory<PolicyId>(POLICY_COLUMNS.length);
  readonly #ofLinks = new RateHistory<LinkKey>(LINK_COLUMNS.length);
  /** When each connected switch was last asked for its counters and answered, on the clock. */
  readonly #readAt = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #sequence = 0;
  /** When the last sample was taken, in milliseconds since 1970. */
  #sampledAt: number | undefined;
  #cancel: CancelTimer | undefined;

  constructor(deps: RatesDeps) {
    this.#deps = deps;
  }

  /** Takes samples from now on. */
  start(): void {
    this.#schedule(this.stepMs);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Time between two samples, in milliseconds. */
  get stepMs(): number {
    const { intervalMs } = this.#deps;
    return this.#watchers.size > 0 ? Math.min(intervalMs, WATCHED_STEP_MS) : intervalMs;
  }

  /** The number of the last sample, from 1, and when it was taken, in milliseconds since 1970. */
  get sample(): { readonly sequence: number; readonly at: number | undefined } {
    return { sequence: this.#sequence, at: this.#sampledAt };
  }

  /** Calls back after each sample, and makes them frequent; returns what ends it. */
  watch(listener: () => void): () => void {
    const watcher = () => listener();
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#paceChanged();
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#paceChanged();
    };
  }

  /** The columns `POLICY_COLUMNS` of a policy in the last sample; undefined: it was not sampled. */
  policy(id: PolicyId): RateRow | undefined {
    return this.#policies.row(id);
  }

  /** The columns `LINK_COLUMNS` of the link that frames enter by a port. */
  link({ dpid, port }: LinkPort): RateRow | undefined {
    return this.#links.get(linkKey(dpid, port));
  }

  /** The last ten minutes of a policy; undefined: it was not sampled. */
  policyTrack(id: PolicyId): RateTrack | undefined {
    return this.#ofPolicies.of(id, this.#deps.epoch() - HISTORY_MS);
  }

  /** The last ten minutes of the link that frames enter by a port. */
  linkTrack({ dpid, port }: LinkPort): RateTrack | undefined {
    return this.#ofLinks.of(linkKey(dpid, port), this.#deps.epoch() - HISTORY_MS);
  }

  setPlan(id: PolicyId, plan: PolicyPlan | undefined): void {
    this.#copies.setPlan(id, plan);
  }

  /** Whether rules of a category on a switch are to be read. */
  has(dpid: string, category: CountedCategory): boolean {
    return this.#copies.has(dpid, category);
  }

  listed(dpid: string, entry: ListedCounter, asked: number): void {
    this.#copies.listed(dpid, entry, asked);
  }

  readingPorts(
    dpid: string,
    counts: PortCounts,
    asked: number,
    isCurrent: () => boolean,
  ): Steps<void> {
    return this.#ports.reading(dpid, counts, asked, isCurrent);
  }

  /** All counted entries of a switch have been read; they were asked for at a time. */
  switchRead(dpid: string, asked: number): void {
    this.#readAt.set(dpid, asked);
  }

  disconnect(dpid: string): void {
    this.#readAt.delete(dpid);
    this.#ports.disconnect(dpid);
    this.#copies.disconnect(dpid);
  }

  #paceChanged(): void {
    this.#deps.paceChanged(this.stepMs);
    if (this.#cancel !== undefined) this.#schedule(this.stepMs);
  }

  #schedule(delayMs: number): void {
    const { clock, queue } = this.#deps;
    this.#cancel?.();
    this.#cancel = clock.after(delayMs, () => {
      const due = clock.now();
      queue.add("ordinary", () => this.#sampling(due));
    });
  }

  *#sampling(due: number): Steps<void> {
    const { clock, epoch } = this.#deps;
    const sequence = ++this.#sequence;
    const since = clock.now() - MOST_STEPS * this.stepMs;
    const at = epoch();
    yield* this.#samplePolicies({ sequence, since, at });
    yield* this.#sampleLinks({ sequence, since, at });
    this.#sampledAt = at;
    for (const watcher of this.#watchers) watcher();
    // Closed meanwhile.
    if (this.#cancel === undefined) return;
    this.#schedule(Math.max(this.stepMs / 4, this.stepMs - (clock.now() - due)));
  }

  *#samplePolicies({ sequence, since, at }: NewSample): Steps<void> {
    const { ledger } = this.#deps;
    this.#ofPolicies.begin(at);
    for (const id of ledger.policies) {
      const account = ledger.account(id);
      if (account === undefined) continue;
      const row = this.#policies.sample(account, (dpid) => this.#readAt.get(dpid), {
        sequence,
        since,
      });
      this.#ofPolicies.set(id, row.values);
      yield;
    }
    for (const id of this.#policies.ids) {
      yield;
      if (ledger.account(id) !== undefined) continue;
      this.#policies.delete(id);
      this.#ofPolicies.delete(id);
    }
  }

  *#sampleLinks({ sequence, since, at }: NewSample): Steps<void> {
    const copies = yield* this.#copies.rates(since);
    this.#ofLinks.begin(at);
    const links = new Set<LinkKey>();
    for (const { dpid, port } of this.#deps.links()) {
      yield;
      const key = linkKey(dpid, port);
      links.add(key);
      const row = this.#links.get(key) ?? new RateRow(LINK_COLUMNS.length);
      this.#links.set(key, row);
      const all = this.#ports.of(dpid, port, since);
      row.set([...valuesOf(all), ...valuesOf(this.#copiesOn(key, copies, all))], sequence);
      this.#ofLinks.set(key, row.values);
    }
    for (const key of this.#links.keys()) {
      if (links.has(key)) continue;
      this.#links.delete(key);
      this.#ofLinks.delete(key);
    }
  }

  /** The copies among the frames that enter a link; undefined: not known. */
  #copiesOn(
    key: LinkKey,
    copies: ReadonlyMap<LinkKey, Rate | undefined>,
    all: Rate | undefined,
  ): Rate | undefined {
    if (copies.has(key)) return copies.get(key);
    // No policy sends copies there. Of a switch that does not answer even that is not known.
    return all && NOTHING;
  }
}

interface NewSample {
  readonly sequence: number;
  readonly since: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const NOTHING: Rate = { pps: 0, bps: 0 };

function valuesOf(rate: Rate | undefined): [pps: number, bps: number] {
  return rate ? [rate.pps, rate.bps] : [Number.NaN, Number.NaN];
}
