import type { EntryRef } from "../flow-model/index.ts";
import type { CopyStream } from "./copy-stream.ts";
import {
  type CounterDelta,
  counterDelta,
  isOfAnEarlier,
  type KnownReading,
  type ReadingTime,
  SLACK_MS,
  slackOf,
} from "./counter-delta.ts";
import { JUDGE_AFTER_MS, Sink } from "./sink.ts";
import type { Amount } from "./totals.ts";

/** An entry as a switch lists it, as far as counting goes. */
export interface ListedCounter extends Amount {
  readonly cookie: bigint;
  readonly durationMs: number;
  /** The group that it hands frames to, if it does. */
  readonly group: number | undefined;
}

/** How old an entry was, and when it was added, when a former life of ours wrote it down. */
export interface FormerEntry {
  readonly durationMs: number;
  /** At the latest, in milliseconds since 1970. */
  readonly bornAt: number;
}

/** Turns of reading without an entry after which it is taken to be gone for good. */
const MISSES = 2;

/** What is known of an entry's counters, whatever it counts. */
abstract class CountedEntry {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  /** As last read; undefined: not there. */
  known: KnownReading | undefined;
  /** What `known` was read of; undefined once it has been read in this life. */
  former: FormerEntry | undefined;
  /** The turn of reading it was last seen in. */
  seenIn = 0;
  #misses = 0;
  #knownFrom: number;

  constructor(ref: EntryRef, cookie: bigint, knownFrom: number) {
    this.ref = ref;
    this.cookie = cookie;
    this.#knownFrom = knownFrom;
  }

  /** Nobody has read it for two turns, and nobody has told that it went. */
  protected get isLost(): boolean {
    return this.known !== undefined && this.#misses >= MISSES;
  }

  /** It was there, and the turn that is over has not seen it; perhaps the word of its end is late. */
  protected get isMissing(): boolean {
    return this.known !== undefined && this.#misses > 0;
  }

  protected take(now: ListedCounter, time: ReadingTime): CounterDelta | undefined {
    const { packets, bytes, durationMs } = now;
    const found = counterDelta(this.known, now, time, this.#knownFrom);
    this.known = { packets, bytes, durationMs, ...time };
    this.former = undefined;
    this.#misses = 0;
    return found;
  }

  /** Its last count has come: the next entry of this match is another one. */
  protected end(time: ReadingTime): void {
    this.known = undefined;
    this.former = undefined;
    this.#misses = 0;
    this.#knownFrom = time.asked;
  }

  protected miss(turn: number): void {
    if (this.seenIn !== turn && this.known !== undefined) this.#misses++;
  }
}

/** A rewriting rule: what it counts is copied to every bucket that its group has. */
export class CountedSource extends CountedEntry {
  /** By mark and sink. */
  readonly streams = new Map<string, CopyStream>();
  group: number | undefined;
  #marks: ReadonlySet<string> | undefined;

  /**
   * Takes a reading. `marksOf` knows the buckets of a group, or (undefined) not yet: then the reading
   * is left to the next one. Frames of an interval in which a bucket came or went are not counted for
   * it: nobody knows on which side of the change they were.
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
      stream.dropClosed();
    }
  }

  /** It is gone, and this is the last that it has counted. */
  removed(last: ListedCounter, time: ReadingTime): void {
    if (isOfAnEarlier(this.known, last, time)) return;
    const marks = this.#marks;
    const found = this.take(last, time);
    for (const stream of this.streams.values()) {
      if (found && (marks === undefined || marks.has(stream.mark))) {
        this.#add(stream, found, time, true);
      }
      stream.dropClosed();
    }
    this.end(time);
    this.#marks = undefined;
  }

  /** A turn of reading is over. */
  turnOver(turn: number, time: ReadingTime): void {
    this.miss(turn);
    if (!this.isLost && this.known !== undefined) return;
    if (this.isLost) this.end(time);
    for (const stream of this.streams.values()) stream.dropClosed();
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
  /** A time of ours in milliseconds since 1970. */
  readonly epochOf: (time: number) => number;
  /** Called when arrivals that were counted before their copies wait no longer. */
  readonly changed: () => void;
}

/** A recovery rule: it counts what arrives. */
export class CountedSink extends CountedEntry {
  readonly sink: Sink;
  #missedAt = 0;
  /** When its last word came, if it has not been seen since. */
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

  /** It is gone, and this is the last that it has counted. */
  removed(last: ListedCounter, time: ReadingTime): void {
    if (isOfAnEarlier(this.known, last, time)) return;
    const arrived = this.#count(last, time);
    this.end(time);
    this.#endedAt = time.received;
    this.sink.arrive(arrived, time);
  }

  /** A turn of reading is over: what has not arrived by now is judged. */
  turnOver(turn: number, time: ReadingTime): void {
    const wasMissing = this.isMissing;
    this.miss(turn);
    if (this.isMissing && !wasMissing) this.#missedAt = time.asked;
    if (this.isLost) {
      this.end(time);
      this.sink.forgive(NEVER, this.#missedAt);
    }
    if (!this.isMissing) this.sink.judge(time);
  }

  #count(now: ListedCounter, time: ReadingTime): number {
    const isDoubtful = this.#mayBeAnother(now, time);
    const found = this.take(now, time);
    // What copies made just before had not been brought to their rule's count yet.
    if (!found || isDoubtful) this.sink.forgive(NEVER, time.received + JUDGE_AFTER_MS);
    else if (found.isNew) this.#succeed(time.asked - now.durationMs);
    return found?.packets ?? 0;
  }

  /**
   * Whether a rule that a former life of ours wrote down may have been replaced by this one since. The
   * computer's clock tells, unless the rule was hardly there when it was written down. It may have been
   * set meanwhile: good enough for doubts, not for counting the rule from zero.
   */
  #mayBeAnother({ durationMs }: ListedCounter, { received }: ReadingTime): boolean {
    const { former } = this;
    if (former === undefined) return false;
    const slack = SLACK_MS + slackOf({ durationMs });
    if (former.durationMs <= 2 * slack) return true;
    return this.#epochOf(received - durationMs) > former.bornAt + slack;
  }

  /**
   * The rule is there since `born`, and another one was before it. A rule is there before copies are
   * sent to it, unless its switch connected late: those sent before were counted by the other one,
   * and if that has not told its last count, or there was time for a third one, nobody will ever know.
   */
  #succeed(born: number): void {
    const ended = this.#endedAt;
    if (ended === undefined) this.sink.forgive(NEVER, born);
    else if (born > ended + SLACK_MS) this.sink.forgive(ended, born);
  }
}

const NEVER = Number.NEGATIVE_INFINITY;
