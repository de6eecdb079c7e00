// SPDX-License-Identifier: Apache-2.0
import { type Batch, deliver, writeOff } from "./batch.ts";
import { BOOKING_MS, NEVER, type ReadingTime } from "./counter-delta.ts";

/**
 * How long a copy may take from being counted by its rewriting rule to being counted where it
 * arrives, in milliseconds: each switch counts at its own time.
 */
export const ARRIVAL_LIMIT_MS = BOOKING_MS;

/** What a sink reads and updates of the streams whose copies arrive at it. */
export interface SinkStream {
  batches: Batch[];
  /** Batches that contain copies of which it can never be known whether they arrived. */
  uncertain: Batch[];
  /** When the counters of the rewriting rule were last requested. */
  readonly readAt: number;
  /** Called when pending copies are settled. */
  readonly changed: () => void;
}

/**
 * Where copies arrive: the recovery rule that counts them, of all rewriting rules together.
 *
 * The rule does not distinguish its sources, and switches are read at different times. So arrivals are
 * matched with pending copies, the older ones first, in proportion to each stream; arrivals whose
 * copies have not been read yet wait as `#early`. Copies that are still pending when a later count of
 * arrivals is in are lost. A copy that arrived is never counted as lost, because the rule has counted
 * one more for each. A loss may be counted late, while newer copies arrive in place of the lost one.
 *
 * Copies that may have been made before the rule was installed (switches connect one after the other),
 * or that a removed rule counted whose final count is missing, are uncertain: they are matched with the
 * arrivals that remain when the copies of all other streams are known.
 */
export class Sink {
  readonly streams = new Set<SinkStream>();
  #untraceable = { after: Number.POSITIVE_INFINITY, before: Number.NEGATIVE_INFINITY };
  #early = 0;
  /** When the latest early arrivals were counted. */
  #earlyAt = NEVER;
  /** When the switch was asked for the known arrivals. */
  #askedAt = NEVER;
  readonly #changed: () => void;

  /** `changed` is called when early arrivals are settled. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Arrivals whose copies have not been read yet. */
  get early(): number {
    return this.#early;
  }

  /** Restores early arrivals that the previous process had counted. */
  restore(early: number, now: number): void {
    this.#early = early;
    this.#earlyAt = now;
  }

  get isIdle(): boolean {
    return this.#early === 0 && this.#batches().length === 0;
  }

  /** More copies have arrived. */
  arrive(packets: number, { asked, received }: ReadingTime): void {
    this.#settleEarly();
    this.#askedAt = asked;
    this.#early += packets;
    if (packets > 0) this.#earlyAt = received;
    this.match(asked);
  }

  /** Matches arrivals with pending copies: first those that should have arrived by `asked`. */
  match(asked = Number.POSITIVE_INFINITY): void {
    if (this.#early === 0) return;
    const batches = this.#batches();
    for (const which of [true, false]) {
      this.#deliver(batches.filter((batch) => isDue(batch, asked) === which));
    }
    this.#dropEmpty();
    this.#settleEarly();
  }

  /** All arrivals up to `asked` are known: copies that are overdue by then are lost. */
  writeOffOverdue({ asked }: Pick<ReadingTime, "asked">): void {
    writeOff(this.#batches().filter((batch) => isDue(batch, asked)));
    this.#dropEmpty();
  }

  /**
   * For copies made between two times, both excluded, it is unknown whether they arrived: the count of
   * that time is missing. Arrivals that the present rule has counted may still match them.
   */
  markUncertain(after: number, before: number): void {
    this.#untraceable = {
      after: Math.min(after, this.#untraceable.after),
      before: Math.max(before, this.#untraceable.before),
    };
    for (const stream of this.streams) {
      const uncertain = stream.batches.filter((batch) => !this.isTraceable(batch));
      if (uncertain.length === 0) continue;
      stream.batches = stream.batches.filter((batch) => this.isTraceable(batch));
      for (const { attributions } of uncertain) {
        for (const { miscounted } of attributions) miscounted();
      }
      stream.uncertain.push(...uncertain);
      stream.changed();
    }
  }

  /** Whether the arrival of every copy of a batch can be determined. */
  isTraceable({ from, until }: Pick<Batch, "from" | "until">): boolean {
    return from >= this.#untraceable.before || until < this.#untraceable.after;
  }

  /**
   * Once all rewriting rules have been read since the early arrivals were counted, the remaining early
   * ones are uncertain copies, or no copies at all. Overdue uncertain copies are then dropped.
   */
  #settleEarly(): void {
    for (const { readAt } of this.streams) if (readAt < this.#earlyAt + ARRIVAL_LIMIT_MS) return;
    this.#deliver([...this.streams].flatMap(({ uncertain }) => uncertain));
    for (const stream of this.streams) {
      if (stream.uncertain.length === 0) continue;
      stream.uncertain = stream.uncertain.filter(
        (batch) => batch.packets > 0 && !isDue(batch, this.#askedAt),
      );
    }
    if (this.#early === 0) return;
    this.#early = 0;
    this.#changed();
  }

  /** Counts as many copies of the batches as delivered as there are early arrivals. */
  #deliver(batches: readonly Batch[]): void {
    const packets = Math.min(this.#early, sumOf(batches));
    if (packets === 0) return;
    deliver(batches, packets);
    this.#early -= packets;
    this.#changed();
    for (const stream of this.streams) if (stream.batches.length > 0) stream.changed();
  }

  #batches(): Batch[] {
    const found: Batch[] = [];
    for (const { batches } of this.streams) if (batches.length > 0) found.push(...batches);
    return found;
  }

  #dropEmpty(): void {
    for (const stream of this.streams) {
      if (stream.batches.some(({ packets }) => packets === 0)) {
        stream.batches = stream.batches.filter(({ packets }) => packets > 0);
        stream.changed();
      }
    }
  }
}

function isDue({ until }: Batch, asked: number): boolean {
  return until + ARRIVAL_LIMIT_MS <= asked;
}

function sumOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { packets }) => sum + packets, 0);
}
