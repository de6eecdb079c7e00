import { type Batch, type CopyStream, deliver, lose } from "./copy-stream.ts";
import type { ReadingTime } from "./counter-delta.ts";

/**
 * How long a copy may take from being counted by its rewriting rule to being counted where it
 * arrives, in milliseconds. Open vSwitch brings the counts of its datapath to the tables every half
 * second, each switch at its own time.
 */
export const JUDGE_AFTER_MS = 2_000;

/**
 * Where copies arrive: the recovery rule that counts them, whichever rewriting rules they are from.
 *
 * The rule cannot tell them apart, and the switches are read at different times. So what arrives is
 * set against the copies that wait, the older ones first, each stream taking its part; what arrives
 * before its copy is known waits as `#early`. Copies that still wait when a later count of the arrivals is in, are
 * lost. That never calls a copy lost that arrived: for each of those the rule has counted one more.
 * It may be late to call one lost, while newer copies arrive in its stead.
 *
 * Copies that were perhaps made before the rule was there (switches connect one after the other) or
 * counted by one that took its count along are uncertain: they get the arrivals that are left when
 * the copies of all other streams are known.
 */
export class Sink {
  readonly streams = new Set<CopyStream>();
  #unknown = { after: Number.POSITIVE_INFINITY, before: Number.NEGATIVE_INFINITY };
  #early = 0;
  /** When the last of the early ones were counted. */
  #earlyAt = Number.NEGATIVE_INFINITY;
  /** The switch was asked for the arrivals that are known. */
  #askedAt = Number.NEGATIVE_INFINITY;
  readonly #changed: () => void;

  /** `changed` is called when early ones wait no longer. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Arrivals whose copies are not known yet. */
  get early(): number {
    return this.#early;
  }

  /** Takes up what a former life of ours knew: it had counted them by now. */
  restore(early: number, now: number): void {
    this.#early = early;
    this.#earlyAt = now;
  }

  get isIdle(): boolean {
    return this.#early === 0 && this.#batches().length === 0;
  }

  /** More copies have arrived. */
  arrive(packets: number, { asked, received }: ReadingTime): void {
    this.#settleStrays();
    this.#askedAt = asked;
    this.#early += packets;
    if (packets > 0) this.#earlyAt = received;
    this.match(asked);
  }

  /** Sets arrivals against the copies that wait: first those that should have arrived by `asked`. */
  match(asked = Number.POSITIVE_INFINITY): void {
    if (this.#early === 0) return;
    const batches = this.#batches();
    for (const which of [true, false]) {
      const alike = batches.filter((batch) => isDue(batch, asked) === which);
      this.#deliver(alike);
    }
    this.#tidy();
    this.#settleStrays();
  }

  /** All arrivals up to `asked` are known: what should have arrived by then and has not, is lost. */
  judge({ asked }: Pick<ReadingTime, "asked">): void {
    lose(this.#batches().filter((batch) => isDue(batch, asked)));
    this.#tidy();
  }

  /**
   * Of copies made between two times, both left out, is not known whether they arrived: nobody has
   * told what was counted then. Those that the rule of today has counted may still be found.
   */
  forgive(after: number, before: number): void {
    this.#unknown = {
      after: Math.min(after, this.#unknown.after),
      before: Math.max(before, this.#unknown.before),
    };
    for (const stream of this.streams) {
      const uncertain = stream.batches.filter((batch) => !this.awaits(batch));
      if (uncertain.length === 0) continue;
      stream.batches = stream.batches.filter((batch) => this.awaits(batch));
      stream.uncertain.push(...uncertain);
      stream.changed();
    }
  }

  /** Whether it can be known of all copies of a batch whether they arrived. */
  awaits({ from, until }: Pick<Batch, "from" | "until">): boolean {
    return from >= this.#unknown.before || until < this.#unknown.after;
  }

  /**
   * When all rewriting rules were read since the early ones were counted, what is left of these are
   * uncertain copies, or none of ours. Uncertain copies that should be among them have no other chance.
   */
  #settleStrays(): void {
    for (const { readAt } of this.streams) if (readAt < this.#earlyAt + JUDGE_AFTER_MS) return;
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

  /** Takes as many of the batches as delivered as there are early ones. */
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

  #tidy(): void {
    for (const stream of this.streams) {
      if (stream.batches.some(({ packets }) => packets === 0)) {
        stream.batches = stream.batches.filter(({ packets }) => packets > 0);
        stream.changed();
      }
    }
  }
}

function isDue({ until }: Batch, asked: number): boolean {
  return until + JUDGE_AFTER_MS <= asked;
}

function sumOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { packets }) => sum + packets, 0);
}
