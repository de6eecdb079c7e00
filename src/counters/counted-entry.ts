// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../flow-model/index.ts";
import type { CopyStream } from "./copy-stream.ts";
import {
  type CounterDelta,
  counterDelta,
  isOfEarlierEntry,
  type KnownReading,
  type ReadingTime,
  SLACK_MS,
  slackOf,
} from "./counter-delta.ts";
import { ARRIVAL_LIMIT_MS, Sink } from "./sink.ts";
import type { Amount } from "./totals.ts";

/** The counters of an entry as its switch lists it. */
export interface ListedCounter extends Amount {
  readonly cookie: bigint;
  readonly durationMs: number;
  /** The group that it sends frames to, if any. */
  readonly group: number | undefined;
}

/** Age of an entry when the previous process persisted it, and when it was added. */
interface RestoredEntry {
  readonly durationMs: number;
  /** At the latest, in milliseconds since 1970. */
  readonly bornAt: number;
}

/** Polls without an entry after which it counts as removed. */
const MISSES = 2;

/** The counters of one entry. */
abstract class CountedEntry {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  /** The last reading; undefined: the entry is not installed. */
  known: KnownReading | undefined;
  /** The entry that the previous process read `known` of; undefined once this process has read it. */
  restored: RestoredEntry | undefined;
  /** The poll that last listed it. */
  lastSeenPoll = 0;
  #misses = 0;
  #knownFrom: number;

  constructor(ref: EntryRef, cookie: bigint, knownFrom: number) {
    this.ref = ref;
    this.cookie = cookie;
    this.#knownFrom = knownFrom;
  }

  /** Two polls did not list it, and no removal was reported. */
  protected get isLost(): boolean {
    return this.known !== undefined && this.#misses >= MISSES;
  }

  /** The last poll did not list it, although it was installed; the report of its removal may be late. */
  protected get isMissing(): boolean {
    return this.known !== undefined && this.#misses > 0;
  }

  protected take(now: ListedCounter, time: ReadingTime): CounterDelta | undefined {
    const { packets, bytes, durationMs } = now;
    const found = counterDelta(this.known, now, time, this.#knownFrom);
    this.known = { packets, bytes, durationMs, ...time };
    this.restored = undefined;
    this.#misses = 0;
    return found;
  }

  /** Its final count is in: the next entry of this match is a new one. */
  protected end(time: ReadingTime): void {
    this.known = undefined;
    this.restored = undefined;
    this.#misses = 0;
    this.#knownFrom = time.asked;
  }

  protected miss(poll: number): void {
    if (this.lastSeenPoll !== poll && this.known !== undefined) this.#misses++;
  }
}

/** A rewriting rule: every bucket of its group copies what it counts. */
export class CountedSource extends CountedEntry {
  /** By mark and sink. */
  readonly streams = new Map<string, CopyStream>();
  group: number | undefined;
  #marks: ReadonlySet<string> | undefined;

  /**
   * Processes a reading. `marksOf` returns the buckets of a group; undefined when they are not known
   * yet: then the next reading includes this one. Frames of an interval in which a bucket was added or
   * removed are not counted for that bucket: it is unknown whether they came before the change.
   */
  read(
    now: ListedCounter,
    time: ReadingTime,
    marksOf: (group: number) => ReadonlySet<string> | undefined,
  ): void {
    const isSame = now.group === this.group && this.known !== undefined;
    const marks = now.group === undefined ? NO_MARKS : marksOf(now.group);
    if (marks === undefined) return;
    const before = isSame ? marks : this.#marks;
    const found = this.take(now, time);
    this.group = now.group;
    this.#marks = marks;
    for (const stream of this.streams.values()) {
      const counts = marks.has(stream.mark) && (found?.isNew || before?.has(stream.mark));
      stream.read(time.asked);
      if (found && counts) this.#add(stream, found, time, false);
      stream.dropEnded();
    }
  }

  /** It has been removed; `last` is its final count. */
  removed(last: ListedCounter, time: ReadingTime): void {
    if (isOfEarlierEntry(this.known, last, time)) return;
    const marks = this.#marks;
    const found = this.take(last, time);
    for (const stream of this.streams.values()) {
      if (found && (marks === undefined || marks.has(stream.mark))) {
        this.#add(stream, found, time, true);
      }
      stream.dropEnded();
    }
    this.end(time);
    this.#marks = undefined;
  }

  /** A poll has listed every entry. */
  pollCompleted(poll: number, time: ReadingTime): void {
    this.miss(poll);
    if (!this.isLost && this.known !== undefined) return;
    if (this.isLost) this.end(time);
    for (const stream of this.streams.values()) stream.dropEnded();
  }

  #add(stream: CopyStream, found: CounterDelta, { received }: ReadingTime, isLast: boolean): void {
    stream.add(found, found.since, received, isLast);
    stream.sink?.match();
  }
}

const NO_MARKS: ReadonlySet<string> = new Set();

export interface CountedSinkOptions {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  readonly knownFrom: number;
  /** Converts a time of the controller's clock to milliseconds since 1970. */
  readonly epochOf: (time: number) => number;
  /** Called when early arrivals are settled. */
  readonly changed: () => void;
}

/** A recovery rule: it counts arrivals. */
export class CountedSink extends CountedEntry {
  readonly sink: Sink;
  #missedAt = 0;
  /** When its final count came; undefined if it has been listed since. */
  #endedAt: number | undefined;
  readonly #epochOf: (time: number) => number;

  constructor({ ref, cookie, knownFrom, epochOf, changed }: CountedSinkOptions) {
    super(ref, cookie, knownFrom);
    this.#epochOf = epochOf;
    this.sink = new Sink(changed);
  }

  read(now: ListedCounter, time: ReadingTime): void {
    const arrived = this.#count(now, time);
    this.#endedAt = undefined;
    this.sink.arrive(arrived, time);
  }

  /** It has been removed; `last` is its final count. */
  removed(last: ListedCounter, time: ReadingTime): void {
    if (isOfEarlierEntry(this.known, last, time)) return;
    const arrived = this.#count(last, time);
    this.end(time);
    this.#endedAt = time.received;
    this.sink.arrive(arrived, time);
  }

  /** A poll has listed every entry: overdue copies are written off. */
  pollCompleted(poll: number, time: ReadingTime): void {
    const wasMissing = this.isMissing;
    this.miss(poll);
    if (this.isMissing && !wasMissing) this.#missedAt = time.asked;
    if (this.isLost) {
      this.end(time);
      this.sink.markUncertain(NEVER, this.#missedAt);
    }
    if (!this.isMissing) this.sink.writeOffOverdue(time);
  }

  #count(now: ListedCounter, time: ReadingTime): number {
    const isDoubtful = this.#mayBeNewEntry(now, time);
    const found = this.take(now, time);
    // Copies made shortly before may not be in the counters of their rewriting rule yet.
    if (!found || isDoubtful) this.sink.markUncertain(NEVER, time.received + ARRIVAL_LIMIT_MS);
    else if (found.isNew) this.#replaced(time.asked - now.durationMs);
    return found?.packets ?? 0;
  }

  /**
   * Whether this rule may have replaced the one that the previous process persisted. Decided by the
   * computer's clock, unless the rule had just been added when it was persisted. That clock may have
   * been set meanwhile: good enough to mark copies uncertain, not to count the rule from zero.
   */
  #mayBeNewEntry({ durationMs }: ListedCounter, { received }: ReadingTime): boolean {
    const { restored } = this;
    if (restored === undefined) return false;
    const slack = SLACK_MS + slackOf({ durationMs });
    if (restored.durationMs <= 2 * slack) return true;
    return this.#epochOf(received - durationMs) > restored.bornAt + slack;
  }

  /**
   * The rule was added at `addedAt` and replaces another one. A rule is installed before copies are
   * sent to it, unless its switch connected late. Earlier copies were counted by the other rule; if its
   * final count is missing, or a third rule may have existed in between, their arrival is unknown.
   */
  #replaced(addedAt: number): void {
    const ended = this.#endedAt;
    if (ended === undefined) this.sink.markUncertain(NEVER, addedAt);
    else if (addedAt > ended + SLACK_MS) this.sink.markUncertain(ended, addedAt);
  }
}

const NEVER = Number.NEGATIVE_INFINITY;
