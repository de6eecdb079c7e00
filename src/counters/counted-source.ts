// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../flow-model/index.ts";
import type { CopyStream } from "./copy-stream.ts";
import { CountedEntry, type ListedCounter } from "./counted-entry.ts";
import {
  BOOKING_MS,
  type CounterDelta,
  isOfEarlierEntry,
  NEVER,
  type ReadingTime,
} from "./counter-delta.ts";
import type { Amount } from "./totals.ts";

/** A reading of a rewriting rule, compared with the one before. */
interface SourceReading {
  /** Since the rule was added. */
  readonly amount: Amount;
  /** Since the last reading; undefined: that is unknown. */
  readonly found: CounterDelta | undefined;
  /** The buckets of its group now and then; undefined: they are unknown. */
  readonly marks: ReadonlySet<string>;
  readonly before: ReadonlySet<string> | undefined;
}

/** What a rewriting rule needs to know of its switch. */
export interface SwitchFacts {
  /** The buckets of a group, by their marks; undefined: the group is not known (yet). */
  marksOf(group: number): ReadonlySet<string> | undefined;
  /**
   * Whether no frame that a rule may match had arrived for `BOOKING_MS` when the entries of its switch changed:
   * at the latest at `at`, not before `from` (default: at `at`).
   */
  wasQuiet(ref: EntryRef, at: number, from?: number): boolean;
  /** Whether an entry of another application takes frames before a rule: they are neither copied nor counted. */
  isOverridden(ref: EntryRef): boolean;
}

/**
 * A rewriting rule: every bucket of its group copies what it counts.
 *
 * What it counts in the first moments after it was added, or after its group was changed, may be frames of
 * before, of which no copies were made; and when it is removed, its last frames may be counted by others. So
 * the counts of these moments are left out, unless no frames can have arrived before.
 */
export class CountedSource extends CountedEntry {
  /** By mark and sink. */
  readonly streams = new Map<string, CopyStream>();
  group: number | undefined;
  #marks: ReadonlySet<string> | undefined;
  /** It has not been read by this process. */
  #isUnread = true;
  /** Buckets whose copies are not counted before the first reading after a time. */
  #settling: { readonly marks: ReadonlySet<string>; readonly until: number } | undefined;

  /** Whether copies of this bucket are left out until the next reading. */
  isSettling(mark: string): boolean {
    return this.#settling?.marks.has(mark) ?? false;
  }

  /**
   * Processes a reading. Frames of an interval in which a bucket was added or removed are not counted for
   * that bucket: it is unknown whether they came before the change. While the group is not known nothing is
   * counted: the next reading includes this one.
   */
  read(now: ListedCounter, time: ReadingTime, facts: SwitchFacts): void {
    const isSame = now.group === this.group && this.known !== undefined;
    const marks = now.group === undefined ? NO_MARKS : facts.marksOf(now.group);
    if (marks === undefined) return;
    const before = isSame ? marks : this.#marks;
    const { known, found, isReplaced, isFirst } = this.#compare(now, time);
    this.group = now.group;
    this.#marks = marks;
    const addedAt = time.received - now.durationMs;
    if (found?.isNew) this.#settle(marks, { at: addedAt, from: addedAt }, facts);
    else if (known && !isSame) {
      // Its age proves nothing: an entry that is added over itself begins a new one.
      const from = Number.isFinite(known.asked) ? known.asked : addedAt;
      this.#settle(added(marks, before), { at: time.received, from }, facts);
    }
    this.#count({ amount: now, found, marks, before }, time);
    const isMissing = isReplaced || facts.isOverridden(this.ref);
    for (const stream of this.streams.values()) {
      stream.read(time.asked);
      if (isMissing) stream.miss(known?.asked ?? NEVER, time.received);
      if (isFirst) stream.missContinued();
      stream.dropEnded();
    }
    // Counted from the next reading on.
    if (this.#settling && time.asked >= this.#settling.until) this.#settling = undefined;
  }

  /** Takes a count, and compares it with the reading before. */
  #compare(now: ListedCounter, time: ReadingTime) {
    const { known } = this;
    // No process has counted it before.
    const isFirst = this.#isUnread && known === undefined;
    this.#isUnread = false;
    const mayBeNew = this.mayBeNewEntry(now, time);
    const found = this.take(now, time);
    // Another rule may have counted in between.
    const isReplaced = mayBeNew || (known !== undefined && (found?.isNew ?? true));
    return { known, found, isReplaced, isFirst };
  }

  /** Adds what was found since the last reading, or leaves it out, for each bucket. */
  #count({ amount, found, marks, before }: SourceReading, time: ReadingTime): void {
    for (const stream of this.streams.values()) {
      const { mark } = stream;
      const isThere = marks.has(mark);
      const wasThere = found?.isNew || (before?.has(mark) ?? false);
      if (found === undefined) stream.skip(amount, NEVER, time.received);
      else if (isThere && wasThere && !this.isSettling(mark)) this.#add(stream, found, time, false);
      else if (isThere || wasThere) stream.skip(found, found.since, time.received);
    }
  }

  /** It has been removed; `last` is its final count. */
  removed(last: ListedCounter, time: ReadingTime, { wasQuiet }: SwitchFacts): void {
    if (isOfEarlierEntry(this.known, last, time)) return;
    const marks = this.#marks;
    const { known, found, isReplaced, isFirst } = this.#compare(last, time);
    const isComplete = !isReplaced && wasQuiet(this.ref, time.received);
    // Never listed: as if it were read now for the first time.
    const isUnsettled = known === undefined && !wasQuiet(this.ref, time.received - last.durationMs);
    for (const stream of this.streams.values()) {
      const { mark } = stream;
      const has = marks === undefined || marks.has(mark);
      if (isFirst) stream.missContinued();
      if (!isComplete && has) stream.miss(known?.asked ?? NEVER, time.received);
      if (found && has && (isUnsettled || this.isSettling(mark))) {
        stream.skip(found, found.since, time.received);
      } else if (found && has) this.#add(stream, found, time, true);
      stream.dropEnded();
    }
    this.end(time);
  }

  /** Its switch has disconnected, and may lose it: if it was never read, so is what it has counted. */
  override disconnected(): void {
    super.disconnected();
    if (this.known !== undefined) return;
    for (const stream of this.streams.values()) stream.miss(NEVER, Number.POSITIVE_INFINITY);
  }

  /** A poll has listed every entry. */
  pollCompleted(poll: number, time: ReadingTime): void {
    this.miss(poll);
    if (!this.isLost && this.known !== undefined) return;
    if (this.isLost) {
      for (const stream of this.streams.values()) stream.miss(NEVER, time.received);
      this.end(time);
    }
    for (const stream of this.streams.values()) stream.dropEnded();
  }

  protected override end(time: ReadingTime): void {
    super.end(time);
    this.#marks = undefined;
    this.#settling = undefined;
  }

  /** Leaves out the copies of buckets that were added at a time, unless no frame can have come before. */
  #settle(
    marks: ReadonlySet<string>,
    { at, from }: { readonly at: number; readonly from: number },
    facts: SwitchFacts,
  ): void {
    if (marks.size === 0 || facts.wasQuiet(this.ref, at, from)) return;
    const joined = new Set([...(this.#settling?.marks ?? []), ...marks]);
    this.#settling = { marks: joined, until: at + BOOKING_MS };
  }

  #add(stream: CopyStream, found: CounterDelta, { received }: ReadingTime, isLast: boolean): void {
    stream.add(found, found.since, received, isLast);
    stream.sink?.match();
  }
}

/** The marks that are in the first set only. */
function added(
  marks: ReadonlySet<string>,
  before: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  return new Set([...marks].filter((mark) => !before?.has(mark)));
}

const NO_MARKS: ReadonlySet<string> = new Set();
