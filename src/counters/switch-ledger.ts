// SPDX-License-Identifier: Apache-2.0
import {
  type CountedCategory,
  cookieFor,
  type EntryRef,
  splitEntryRef,
} from "../flow-model/index.ts";
import { forEach, type Steps } from "../lang/steps.ts";
import { CopyStream, type PendingCopies } from "./copy-stream.ts";
import type { ListedCounter } from "./counted-entry.ts";
import { CountedSink } from "./counted-sink.ts";
import { CountedSource, type SwitchFacts } from "./counted-source.ts";
import { NEVER, type ReadingTime } from "./counter-delta.ts";
import type { Sink } from "./sink.ts";

/** The persisted state of an entry. */
export interface EntryRecord {
  readonly cookie: bigint;
  readonly packets: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Latest time at which it can have been added, in milliseconds since 1970. */
  readonly bornAt: number;
  readonly group: number | undefined;
  /** Of a rewriting rule: pending copies. */
  readonly waiting: readonly PendingCopies[];
  /** Of a recovery rule: arrivals whose copies have not been read yet. */
  readonly early: number;
}

export interface SwitchLedgerOptions {
  /** Converts a time of the controller's clock to milliseconds since 1970. */
  readonly epochOf: (time: number) => number;
  /** Called when the persisted state of an entry must be updated. */
  readonly changed: (cookie: bigint) => void;
  readonly facts: SwitchFacts;
}

/** The counters of one switch: its entries that make copies, and those that copies arrive at. */
export class SwitchLedger {
  readonly #sources = new Map<bigint, CountedSource>();
  readonly #sinks = new Map<bigint, CountedSink>();
  /** Persisted by the previous process, for entries that are not in use yet. */
  readonly #records = new Map<bigint, EntryRecord>();
  readonly #epochOf: (time: number) => number;
  readonly #changed: (cookie: bigint) => void;
  readonly #facts: SwitchFacts;
  #poll = 1;

  constructor({ epochOf, changed, facts }: SwitchLedgerOptions) {
    this.#facts = facts;
    this.#epochOf = epochOf;
    this.#changed = changed;
  }

  /** Whether there is anything of a category to read. */
  has(category: CountedCategory): boolean {
    return (category === "rewriting" ? this.#sources : this.#sinks).size > 0;
  }

  /** Restores the persisted state of an entry. */
  restore(record: EntryRecord): void {
    this.#records.set(record.cookie, record);
  }

  /** The state of an entry to persist; undefined: none. */
  record(cookie: bigint): EntryRecord | undefined {
    const source = this.#sources.get(cookie);
    const sink = this.#sinks.get(cookie);
    const found = source ?? sink;
    if (found?.known === undefined) return this.#records.get(cookie);
    const { packets, bytes, durationMs, received } = found.known;
    const bornAt = found.restored?.bornAt ?? Math.round(this.#epochOf(received - durationMs));
    const waiting = [...(source?.streams.values() ?? [])].flatMap((stream) => stream.waiting());
    const early = sink?.sink.early ?? 0;
    return { cookie, packets, bytes, durationMs, bornAt, group: source?.group, waiting, early };
  }

  /** The cookie of every entry with a state to persist. */
  *cookies(): Iterable<bigint> {
    yield* this.#sources.keys();
    yield* this.#sinks.keys();
    yield* this.#records.keys();
  }

  /** The rewriting rule of a reference; created when unknown. */
  source(ref: EntryRef, now: number): CountedSource {
    const cookie = cookieOfRef(ref, "rewriting");
    const known = this.#sources.get(cookie);
    if (known) return known;
    const options = { ref, cookie, knownFrom: now, epochOf: this.#epochOf };
    const source = new CountedSource(options);
    this.#sources.set(cookie, source);
    this.#restoreInto(source);
    return source;
  }

  /** The recovery rule of a reference; created when unknown. */
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
    const record = this.#restoreInto(sink);
    if (record) sink.sink.restore(record.early, now);
    else sink.sink.markUncertain(NEVER, now);
    return sink;
  }

  /** The stream of a rewriting rule's bucket to a sink; created when unknown. */
  stream(source: CountedSource, mark: string, sink: Sink | undefined, id: string): CopyStream {
    const known = source.streams.get(id);
    if (known) return known;
    const stream = new CopyStream(mark, sink, {
      changed: () => this.#changed(source.cookie),
      isSettling: () => source.isSettling(mark),
    });
    source.streams.set(id, stream);
    sink?.streams.add(stream);
    for (const waiting of this.#records.get(source.cookie)?.waiting ?? []) {
      if (waiting.mark === mark) stream.restore(waiting);
    }
    return stream;
  }

  /** An entry is about to be added over itself. */
  readding(ref: EntryRef, now: number): void {
    this.#sources.get(cookieOfRef(ref, "rewriting"))?.readding(now);
    this.#sinks.get(cookieOfRef(ref, "recovery"))?.readding(now);
  }

  /** An entry that the switch lists. */
  listed(entry: ListedCounter, time: ReadingTime): void {
    const source = this.#sources.get(entry.cookie);
    const found = source ?? this.#sinks.get(entry.cookie);
    if (!found) return;
    found.lastSeenPoll = this.#poll;
    const before = found.known;
    if (source) source.read(entry, time, this.#facts);
    else (found as CountedSink).read(entry, time);
    const isSame = before?.packets === entry.packets && before.durationMs <= entry.durationMs;
    if (!isSame) this.#changed(entry.cookie);
    else if (!source && (found as CountedSink).sink.early > 0) this.#changed(entry.cookie);
  }

  /** An entry has been removed; `entry` is its final count. */
  removed(entry: ListedCounter, time: ReadingTime): void {
    const source = this.#sources.get(entry.cookie);
    const found = source ?? this.#sinks.get(entry.cookie);
    if (source) source.removed(entry, time, this.#facts);
    else if (found) (found as CountedSink).removed(entry, time);
    if (found) this.#changed(entry.cookie);
  }

  /** The switch has disconnected: rules that were not read since they were sent may be replaced before. */
  *disconnecting(): Steps<void> {
    yield* forEach(this.#sources.values(), (source) => source.disconnected());
    yield* forEach(this.#sinks.values(), (sink) => sink.disconnected());
  }

  /** A poll has listed every entry: writes off overdue copies, and drops entries no longer in use. */
  *completingPoll(time: ReadingTime): Steps<void> {
    yield* forEach(this.#sources.values(), (source) => {
      source.pollCompleted(this.#poll, time);
      this.#dropIdle(source);
    });
    yield* forEach(this.#sinks.values(), (sink) => {
      sink.pollCompleted(this.#poll, time);
      if (sink.sink.streams.size > 0 || !sink.sink.isIdle) return;
      this.#sinks.delete(sink.cookie);
      this.#changed(sink.cookie);
    });
    this.#poll++;
    // Entries that continue a persisted state have been requested by now.
    yield* forEach(this.#records.keys(), (cookie) => this.#changed(cookie));
    this.#records.clear();
  }

  #dropIdle(source: CountedSource): void {
    for (const [id, stream] of source.streams) {
      if (!stream.isIdle) continue;
      source.streams.delete(id);
      stream.sink?.streams.delete(stream);
    }
    if (source.streams.size > 0) return;
    this.#sources.delete(source.cookie);
    this.#changed(source.cookie);
  }

  #restoreInto(entry: CountedSource | CountedSink): EntryRecord | undefined {
    const record = this.#records.get(entry.cookie);
    if (!record) return undefined;
    const { packets, bytes, durationMs, bornAt, group } = record;
    entry.known = { packets, bytes, durationMs, asked: NEVER, received: NEVER };
    entry.restored = { durationMs, bornAt };
    if (entry instanceof CountedSource) entry.group = group;
    return record;
  }
}

/**
 * The cookie identifies the entry by a 40-bit hash of table, priority and match. Two entries of one
 * switch that share it would be counted as one; that is less likely than a disk error.
 */
function cookieOfRef(ref: EntryRef, category: CountedCategory): bigint {
  return cookieFor(category, splitEntryRef(ref).key);
}
