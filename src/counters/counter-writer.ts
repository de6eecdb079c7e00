// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../lang/steps.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import { forEachInSlices, type StepQueue } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import { attemptStore } from "../runtime/store-attempt.ts";
import type { Ledger, LedgerChanges } from "./ledger.ts";
import type { PolicyAccount, PolicyFigures, PolicyRecord } from "./policy-account.ts";
import type { EntryRecord } from "./switch-ledger.ts";

/** The entries of a switch that are persisted together. */
export interface EntryRecords {
  readonly dpid: string;
  /** Part of the switch's entries, by cookie. */
  readonly part: number;
  readonly records: readonly EntryRecord[];
}

/** One atomic write. */
export interface CounterWrite {
  readonly policies: readonly PolicyRecord[];
  readonly removed: readonly string[];
  /** Replace the earlier records of the same parts. */
  readonly entries: readonly EntryRecords[];
}

/** Persists counters. A write resolves only when it is durable. */
export interface CounterStore {
  load(): Promise<{
    readonly policies: readonly PolicyRecord[];
    readonly entries: readonly EntryRecords[];
  }>;
  write(write: CounterWrite): Promise<void>;
}

export interface CounterWriterOptions {
  readonly ledger: Ledger;
  /** Every change of the ledger is an operation of it. */
  readonly queue: StepQueue;
  readonly store: CounterStore;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly epoch: () => number;
  readonly logger: Logger;
  /** Least time between writes, in milliseconds. */
  readonly everyMs: number;
  /** Called just before a write; what it returns is called when the write is durable. */
  readonly publish: () => () => void;
}

/** The state of the ledger at one time. */
interface Snapshot {
  readonly changes: LedgerChanges;
  readonly write: CounterWrite;
  /** The figures to publish of each policy once they are durable. */
  readonly figures: readonly (readonly [PolicyAccount, PolicyFigures])[];
  readonly done: () => void;
}

/** Parts that a switch's entries are divided into: only parts with a change are written. */
const PARTS = 16;

/**
 * Persists counters before publishing them, so that no published figure can be lost in a crash. Totals
 * and the readings they are based on are written in one batch, so that a restart continues exactly
 * there.
 *
 * While the disk fails, the published figures do not change; the next successful write updates them.
 */
export class CounterWriter {
  readonly #options: CounterWriterOptions;
  #cancel: CancelTimer | undefined;
  #writing: Promise<void> | undefined;
  #failing = false;
  #closed = false;

  constructor(options: CounterWriterOptions) {
    this.#options = options;
  }

  /** Writes periodically from now on, whenever something has changed. */
  start(): void {
    const { clock, everyMs } = this.#options;
    if (this.#closed) return;
    this.#cancel = clock.after(everyMs, () => {
      this.#writing = this.#flush().finally(() => {
        this.#writing = undefined;
        this.start();
      });
    });
  }

  /** Writes the remaining changes. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#writing;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const { ledger, store, queue, logger } = this.#options;
    const { changes, write, figures, done } = await queue.run(() => this.#takingSnapshot());
    const isEmpty = write.policies.length + write.removed.length + write.entries.length === 0;
    const written = isEmpty ? { ok: true as const } : await attemptStore(() => store.write(write));
    if (written.ok) {
      if (this.#failing) logger.info({}, "counters are written again");
      this.#failing = false;
      await forEachInSlices(figures, ([account, figure]) => {
        account.published = figure;
      });
      done();
      return;
    }
    ledger.putBack(changes);
    if (this.#failing) return;
    this.#failing = true;
    const why = written.refusal.detail;
    logger.warn({ why }, "counters cannot be written: published counters stay as they are");
  }

  /** Collects the changes: nothing else changes the ledger meanwhile. */
  *#takingSnapshot(): Steps<Snapshot> {
    const { ledger, publish, epoch } = this.#options;
    const changes = ledger.takeChanges();
    const done = publish();
    const figures: [PolicyAccount, PolicyFigures][] = [];
    const policies: PolicyRecord[] = [];
    yield* forEach(changes.policies, (id) => {
      const account = ledger.account(id);
      if (!account) return;
      const now = account.snapshot(epoch());
      figures.push([account, now]);
      policies.push(account.record(now));
    });
    const entries = yield* this.#entries(changes);
    return { changes, write: { policies, removed: [...changes.removed], entries }, figures, done };
  }

  /** The parts with a change, each with all of its entries. */
  *#entries({ entries }: LedgerChanges): Steps<EntryRecords[]> {
    const found: EntryRecords[] = [];
    for (const [dpid, cookies] of entries) {
      const ledger = this.#options.ledger.switch(dpid);
      const parts = new Map<number, EntryRecord[]>();
      for (const cookie of cookies) parts.set(partOf(cookie), []);
      const seen = new Set<bigint>();
      yield* forEach(ledger.cookies(), (cookie) => {
        const records = parts.get(partOf(cookie));
        if (records === undefined || seen.has(cookie)) return;
        seen.add(cookie);
        const record = ledger.record(cookie);
        if (record) records.push(record);
      });
      for (const [part, records] of parts) found.push({ dpid, part, records });
    }
    return found;
  }
}

function partOf(cookie: bigint): number {
  return Number(cookie & BigInt(PARTS - 1));
}
