import {
  type CountedCategory,
  categoryOf,
  cookieFor,
  type EntryRef,
  splitEntryRef,
} from "../flow-model/index.ts";
import { CopyStream, type Waiting } from "./copy-stream.ts";
import { CountedSink, CountedSource, type ListedCounter } from "./counted-entry.ts";
import type { ReadingTime } from "./counter-delta.ts";
import type { Sink } from "./sink.ts";

/** What was known of an entry when it was last written down. */
export interface EntryRecord {
  readonly cookie: bigint;
  readonly packets: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** When it was added, at the latest, in milliseconds since 1970. */
  readonly bornAt: number;
  readonly group: number | undefined;
  /** Of a rewriting rule: copies of which it is not known yet whether they arrived. */
  readonly waiting: readonly Waiting[];
  /** Of a recovery rule: what arrived before its copies were known. */
  readonly early: number;
}

export interface SwitchLedgerOptions {
  /** A time of ours in milliseconds since 1970. */
  readonly epochOf: (time: number) => number;
  /** Called when something else is to be written down of an entry. */
  readonly changed: (cookie: bigint) => void;
}

/** Tells the buckets of a group by their marks; undefined: the group is not known (yet). */
export type MarksOfGroup = (group: number) => ReadonlySet<string> | undefined;

/** The counters of one switch: the entries of it that make copies or that copies arrive at. */
export class SwitchLedger {
  readonly #sources = new Map<bigint, CountedSource>();
  readonly #sinks = new Map<bigint, CountedSink>();
  /** Written by a former life of ours, of entries that nobody has asked for yet. */
  readonly #records = new Map<bigint, EntryRecord>();
  readonly #epochOf: (time: number) => number;
  readonly #changed: (cookie: bigint) => void;
  #turn = 1;

  constructor({ epochOf, changed }: SwitchLedgerOptions) {
    this.#epochOf = epochOf;
    this.#changed = changed;
  }

  /** Whether there is anything of a category to read. */
  has(category: CountedCategory): boolean {
    return (category === "rewriting" ? this.#sources : this.#sinks).size > 0;
  }

  /** Takes up what a former life of ours knew. */
  restore(record: EntryRecord): void {
    this.#records.set(record.cookie, record);
  }

  /** What is to be written down of an entry; undefined: nothing. */
  record(cookie: bigint): EntryRecord | undefined {
    const source = this.#sources.get(cookie);
    const sink = this.#sinks.get(cookie);
    const found = source ?? sink;
    if (found?.known === undefined) return this.#records.get(cookie);
    const { packets, bytes, durationMs, received } = found.known;
    const bornAt = found.former?.bornAt ?? Math.round(this.#epochOf(received - durationMs));
    const waiting = [...(source?.streams.values() ?? [])].flatMap((stream) => stream.waiting());
    const early = sink?.sink.early ?? 0;
    return { cookie, packets, bytes, durationMs, bornAt, group: source?.group, waiting, early };
  }

  /** Every cookie of which something is to be written down. */
  *cookies(): Iterable<bigint> {
    yield* this.#sources.keys();
    yield* this.#sinks.keys();
    yield* this.#records.keys();
  }

  /** The rewriting rule of a reference; made when it is not known yet. */
  source(ref: EntryRef, now: number): CountedSource {
    const cookie = cookieOfRef(ref, "rewriting");
    const known = this.#sources.get(cookie);
    if (known) return known;
    const source = new CountedSource(ref, cookie, now);
    this.#sources.set(cookie, source);
    this.#adopt(source);
    return source;
  }

  /** The recovery rule of a reference; made when it is not known yet. */
  sink(ref: EntryRef, now: number): CountedSink {
    const cookie = cookieOfRef(ref, "recovery");
    const known = this.#sinks.get(cookie);
    if (known) return known;
    const sink = new CountedSink({
      ref,
      cookie,
      knownFrom: now,
      epochOf: this.#epochOf,
      changed: () => this.#changed(cookie),
    });
    this.#sinks.set(cookie, sink);
    const record = this.#adopt(sink);
    if (record) sink.sink.restore(record.early, now);
    else sink.sink.forgive(Number.NEGATIVE_INFINITY, now);
    return sink;
  }

  /** The stream of a rewriting rule's bucket to a sink; made when it is not known yet. */
  stream(source: CountedSource, mark: string, sink: Sink | undefined, id: string): CopyStream {
    const known = source.streams.get(id);
    if (known) return known;
    const stream = new CopyStream(mark, sink, () => this.#changed(source.cookie));
    source.streams.set(id, stream);
    sink?.streams.add(stream);
    for (const waiting of this.#records.get(source.cookie)?.waiting ?? []) {
      if (waiting.mark === mark) stream.restore(waiting);
    }
    return stream;
  }

  /** An entry that the switch lists. */
  listed(entry: ListedCounter, time: ReadingTime, marksOf: MarksOfGroup): void {
    const source = this.#sources.get(entry.cookie);
    const found = source ?? this.#sinks.get(entry.cookie);
    if (!found) return;
    found.seenIn = this.#turn;
    const before = found.known;
    if (source) source.read(entry, time, marksOf);
    else (found as CountedSink).read(entry, time);
    const isSame = before?.packets === entry.packets && before.durationMs <= entry.durationMs;
    if (!isSame) this.#changed(entry.cookie);
    else if (!source && (found as CountedSink).sink.early > 0) this.#changed(entry.cookie);
  }

  /** An entry is gone; the last that it has counted. */
  removed(entry: ListedCounter, time: ReadingTime): void {
    const found = this.#sources.get(entry.cookie) ?? this.#sinks.get(entry.cookie);
    found?.removed(entry, time);
    if (found) this.#changed(entry.cookie);
  }

  /** Everything has been listed once more: judges, and forgets what nobody asks for any more. */
  turnOver(time: ReadingTime): void {
    for (const source of this.#sources.values()) {
      source.turnOver(this.#turn, time);
      this.#tidy(source);
    }
    for (const sink of this.#sinks.values()) {
      sink.turnOver(this.#turn, time);
      if (sink.sink.streams.size > 0 || !sink.sink.isIdle) continue;
      this.#sinks.delete(sink.cookie);
      this.#changed(sink.cookie);
    }
    this.#turn++;
    // Whoever goes on with what was written down has asked for it by now.
    for (const cookie of this.#records.keys()) this.#changed(cookie);
    this.#records.clear();
  }

  #tidy(source: CountedSource): void {
    for (const [id, stream] of source.streams) {
      if (!stream.isIdle) continue;
      source.streams.delete(id);
      stream.sink?.streams.delete(stream);
    }
    if (source.streams.size > 0) return;
    this.#sources.delete(source.cookie);
    this.#changed(source.cookie);
  }

  #adopt(entry: CountedSource | CountedSink): EntryRecord | undefined {
    const record = this.#records.get(entry.cookie);
    if (!record) return undefined;
    const { packets, bytes, durationMs, bornAt, group } = record;
    const never = Number.NEGATIVE_INFINITY;
    entry.known = { packets, bytes, durationMs, asked: never, received: never };
    entry.former = { durationMs, bornAt };
    if (entry instanceof CountedSource) entry.group = group;
    return record;
  }
}

/**
 * The cookie stands for the entry: its 40 bits of hash of table, priority and match. Two entries of
 * one switch that share it are less likely than a disk that lies; they would be counted as one.
 */
function cookieOfRef(ref: EntryRef, category: CountedCategory): bigint {
  return cookieFor(category, splitEntryRef(ref).key);
}

/** The category of an entry whose counters matter. */
export function countedCategoryOf(cookie: bigint): CountedCategory | undefined {
  const category = categoryOf(cookie);
  return category === "rewriting" || category === "recovery" ? category : undefined;
}
