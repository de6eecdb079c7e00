// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../flow-model/index.ts";
import {
  type CounterDelta,
  counterDelta,
  type KnownReading,
  type ReadingTime,
  SLACK_MS,
  slackOf,
} from "./counter-delta.ts";
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

/** Time after which a change that was sent has taken effect, or has failed, in milliseconds. */
const EFFECT_MS = 60_000;

export interface CountedEntryOptions {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  readonly knownFrom: number;
  /** Converts a time of the controller's clock to milliseconds since 1970. */
  readonly epochOf: (time: number) => number;
}

/** The counters of one entry. */
export abstract class CountedEntry {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  /** The last reading; undefined: the entry is not installed. */
  known: KnownReading | undefined;
  /** The entry that the previous process read `known` of; undefined once this process has read it. */
  restored: RestoredEntry | undefined;
  /** The poll that last listed it. */
  lastSeenPoll = 0;
  #misses = 0;
  /** When it was last sent over itself; undefined: a reading has shown what became of that. */
  #readdedAt: number | undefined;
  /** The session has ended since: the switch may have lost it instead. */
  #isReaddDoubtful = false;
  #knownFrom: number;
  readonly #epochOf: (time: number) => number;

  constructor({ ref, cookie, knownFrom, epochOf }: CountedEntryOptions) {
    this.ref = ref;
    this.cookie = cookie;
    this.#knownFrom = knownFrom;
    this.#epochOf = epochOf;
  }

  /** It is about to be added over itself: its age may begin anew, while its counts continue. */
  readding(now: number): void {
    this.#readdedAt = now;
  }

  /** Its switch has disconnected, and may lose it. */
  disconnected(): void {
    if (this.#readdedAt !== undefined) this.#isReaddDoubtful = true;
  }

  /** Two polls did not list it, and no removal was reported. */
  protected get isLost(): boolean {
    return this.known !== undefined && this.#misses >= MISSES;
  }

  /** The last poll did not list it, although it was installed; the report of its removal may be late. */
  protected get isMissing(): boolean {
    return this.known !== undefined && this.#misses > 0;
  }

  /**
   * Whether this rule may have replaced the one of the last reading. After a disconnection: if that one was
   * about to be added over itself. For the one that the previous process persisted: decided by the
   * computer's clock, unless the rule had just been added when it was persisted. That clock may have
   * been set meanwhile: good enough to mark copies uncertain, not to count the rule from zero.
   */
  protected mayBeNewEntry({ durationMs }: ListedCounter, { received }: ReadingTime): boolean {
    const { restored } = this;
    if (this.#isReaddDoubtful) return true;
    if (restored === undefined) return false;
    if (durationMs < restored.durationMs) return true;
    const slack = SLACK_MS + slackOf({ durationMs });
    if (restored.durationMs <= 2 * slack) return true;
    return this.#epochOf(received - durationMs) > restored.bornAt + slack;
  }

  protected take(now: ListedCounter, time: ReadingTime): CounterDelta | undefined {
    const { packets, bytes, durationMs } = now;
    const at = this.#readdedAt;
    const found = counterDelta(this.known, now, time, this.#knownFrom, at !== undefined);
    // A reading that is asked for soon may precede the change.
    if (at !== undefined && time.asked > at + EFFECT_MS) this.#readdedAt = undefined;
    this.#isReaddDoubtful = false;
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
    this.#readdedAt = undefined;
    this.#isReaddDoubtful = false;
    this.#knownFrom = time.asked;
  }

  protected miss(poll: number): void {
    if (this.lastSeenPoll !== poll && this.known !== undefined) this.#misses++;
  }
}
