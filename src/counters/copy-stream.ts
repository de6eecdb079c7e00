// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../policy/index.ts";
import { type Attribution, addDelivered, type Batch } from "./batch.ts";
import { NEVER } from "./counter-delta.ts";
import type { Sink, SinkStream } from "./sink.ts";
import type { Amount } from "./totals.ts";

/** Copies that were pending when they were persisted, and the policies they are attributed to. */
export interface PendingCopies extends Amount {
  readonly mark: string;
  readonly policies: readonly PolicyId[];
}

/** Readings so close to each other share a batch, in milliseconds. */
const SAME_BATCH_MS = 500;

/** The copies that one bucket of a rewriting rule makes. */
export class CopyStream implements SinkStream {
  readonly mark: string;
  /** Undefined when the copies are delivered by leaving through a port. */
  readonly sink: Sink | undefined;
  attributions: Attribution[] = [];
  batches: Batch[] = [];
  /**
   * Batches that contain copies of which it can never be known whether they arrived. They are never
   * counted as lost, and as delivered only by arrivals that no other copy accounts for.
   */
  uncertain: Batch[] = [];
  /** When the counters of the rewriting rule were last requested. */
  #readAt = NEVER;

  /** Called when pending copies are settled. */
  readonly changed: () => void;

  readonly #isSettling: () => boolean;

  constructor(
    mark: string,
    sink: Sink | undefined,
    { changed, isSettling }: { changed: () => void; isSettling: () => boolean },
  ) {
    this.mark = mark;
    this.#isSettling = isSettling;
    this.sink = sink;
    this.changed = changed;
  }

  /** Whether its copies are left out until the next reading. */
  get isSettling(): boolean {
    return this.#isSettling();
  }

  get isIdle(): boolean {
    return this.attributions.length === 0 && this.batches.length === 0;
  }

  get readAt(): number {
    return this.#readAt;
  }

  /** The counters of the rewriting rule were requested at `asked`. */
  read(asked: number): void {
    for (const { from, changed } of this.attributions) if (from > this.#readAt) changed();
    this.#readAt = asked;
  }

  /** Whether an attribution covers everything counted from now on: it began before the last reading. */
  covers({ from }: Attribution): boolean {
    return from <= this.#readAt || from === NEVER;
  }

  /** Restores copies that were pending in the previous process, until they are attributed again. */
  restore({ packets, bytes, policies }: PendingCopies): void {
    if (!this.sink) return;
    const times = { from: NEVER, until: NEVER };
    this.batches.push({ ...times, packets, bytes, attributions: [], restoredPolicies: policies });
  }

  /** The pending copies to be persisted, by the policies that they are attributed to. */
  waiting(): PendingCopies[] {
    const found = new Map<string, PendingCopies & { packets: number; bytes: number }>();
    for (const { packets, bytes, attributions, restoredPolicies = [] } of this.batches) {
      const attributed = attributions.map(({ policy }) => policy);
      const policies = [...new Set([...attributed, ...restoredPolicies])].sort();
      const key = policies.join();
      const known = found.get(key) ?? { mark: this.mark, policies, packets: 0, bytes: 0 };
      known.packets += packets;
      known.bytes += bytes;
      found.set(key, known);
    }
    return [...found.values()].filter(({ packets }) => packets > 0);
  }

  /** Begins an attribution; one continued from the previous process includes restored copies. */
  attribute(attribution: Attribution): void {
    this.attributions.push(attribution);
    if (attribution.from !== NEVER) return;
    for (const { restoredPolicies, attributions } of this.batches) {
      if (restoredPolicies?.includes(attribution.policy)) attributions.push(attribution);
    }
  }

  /**
   * Adds copies made between two times to the policies they are attributed to during all of it. The
   * last copies of a rule also count for attributions that ended meanwhile: their end is why the rule
   * was removed.
   */
  add(amount: Amount, from: number, until: number, isLast: boolean): void {
    if (amount.packets <= 0) return;
    const attributions: Attribution[] = [];
    const limit = isLast ? from : until;
    for (const each of this.attributions) {
      if (each.from <= from && each.until > limit) attributions.push(each);
      else if (isDuring(each, from, until)) each.miscounted();
    }
    for (const { totals, changed } of attributions) {
      for (const total of totals) total.addCopied(amount);
      changed();
    }
    const { packets, bytes } = amount;
    const batch: Batch = { from, until, packets, bytes, attributions };
    if (this.sink === undefined) addDelivered(attributions, amount);
    else if (this.sink.isTraceable({ from, until })) this.#addBatch(batch);
    else {
      for (const { miscounted } of attributions) miscounted();
      this.uncertain.push(batch);
    }
  }

  /**
   * Leaves out what a rule has counted between two times: not all of it was copied, or it is unknown for
   * whom. Its arrivals are expected all the same, and count for no policy.
   */
  skip({ packets, bytes }: Amount, from: number, until: number): void {
    if (packets <= 0) return;
    this.miss(from, until);
    if (this.sink) this.uncertain.push({ from, until, packets, bytes, attributions: [] });
  }

  /** Copies made between two times may be missing from every count. */
  miss(from: number, until: number): void {
    for (const each of this.attributions) if (isDuring(each, from, until)) each.miscounted();
  }

  /** The last reading of the previous process is not known: what was copied since may be missing. */
  missContinued(): void {
    for (const { from, miscounted } of this.attributions) if (from === NEVER) miscounted();
  }

  /** Removes the attributions that have ended. */
  dropEnded(): void {
    if (this.attributions.some(({ until }) => until !== Number.POSITIVE_INFINITY)) {
      this.attributions = this.attributions.filter(
        ({ until }) => until === Number.POSITIVE_INFINITY,
      );
    }
  }

  #addBatch(batch: Batch): void {
    const last = this.batches.at(-1);
    const joins =
      last !== undefined &&
      batch.until - last.from < SAME_BATCH_MS &&
      areSame(last.attributions, batch.attributions);
    if (!joins) {
      this.batches.push(batch);
      return;
    }
    last.until = batch.until;
    last.packets += batch.packets;
    last.bytes += batch.bytes;
  }
}

/** Whether an attribution is in effect at some time between two. */
function isDuring(each: Attribution, from: number, until: number): boolean {
  return each.from <= until && each.until >= from;
}

function areSame(a: readonly Attribution[], b: readonly Attribution[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
