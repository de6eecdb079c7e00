// SPDX-License-Identifier: Apache-2.0
import { CountedEntry, type CountedEntryOptions, type ListedCounter } from "./counted-entry.ts";
import {
  BOOKING_MS,
  isOfEarlierEntry,
  NEVER,
  type ReadingTime,
  SLACK_MS,
} from "./counter-delta.ts";
import { ARRIVAL_LIMIT_MS, Sink } from "./sink.ts";

interface CountedSinkOptions extends CountedEntryOptions {
  /** Called when early arrivals are settled. */
  readonly changed: () => void;
}

/** A recovery rule: it counts arrivals. */
export class CountedSink extends CountedEntry {
  readonly sink: Sink;
  #missedAt = 0;
  /** When its final count came; undefined if it has been listed since. */
  #endedAt: number | undefined;

  constructor(options: CountedSinkOptions) {
    super(options);
    this.sink = new Sink(options.changed);
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
    // The last arrivals may be counted by other entries.
    this.sink.markUncertain(time.received - BOOKING_MS, time.received);
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
    const isDoubtful = this.mayBeNewEntry(now, time);
    const found = this.take(now, time);
    // Copies made shortly before may not be in the counters of their rewriting rule yet.
    if (!found || isDoubtful) this.sink.markUncertain(NEVER, time.received + ARRIVAL_LIMIT_MS);
    else if (found.isNew) this.#replaced(time.asked - now.durationMs);
    return found?.packets ?? 0;
  }

  /**
   * The rule was added at `addedAt` and replaces another one. A rule is installed before copies are
   * sent to it, unless its switch connected late. Earlier copies were counted by the other rule; if its
   * final count is missing, or a third rule may have existed in between, their arrival is unknown.
   */
  #replaced(addedAt: number): void {
    const ended = this.#endedAt;
    if (ended === undefined) this.sink.markUncertain(NEVER, addedAt);
    else if (addedAt > ended + SLACK_MS) this.sink.markUncertain(ended - BOOKING_MS, addedAt);
  }
}
