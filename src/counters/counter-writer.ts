import type { CancelTimer, Clock } from "../runtime/clock.ts";
import { YieldTimer } from "../runtime/index.ts";
import type { Logger } from "../runtime/logger.ts";
import { attemptStore } from "../runtime/store-attempt.ts";
import type { Ledger, LedgerChanges } from "./ledger.ts";
import type { PolicyAccount, PolicyFigures, PolicyRecord } from "./policy-account.ts";
import type { SnapshotGate } from "./snapshot-gate.ts";
import type { EntryRecord } from "./switch-ledger.ts";

/** The entries of a switch that are written down together. */
export interface EntryRecords {
  readonly dpid: string;
  /** Which part of the switch's entries; their cookies tell. */
  readonly part: number;
  readonly records: readonly EntryRecord[];
}

/** What is written down at once: all of it or nothing. */
export interface CounterWrite {
  readonly policies: readonly PolicyRecord[];
  readonly removed: readonly string[];
  /** In place of what was written of the same parts before. */
  readonly entries: readonly EntryRecords[];
}

/** Where counters are kept. A write resolves only when it is durable. */
export interface CounterStore {
  load(): Promise<{
    readonly policies: readonly PolicyRecord[];
    readonly entries: readonly EntryRecords[];
  }>;
  write(write: CounterWrite): Promise<void>;
}

export interface CounterWriterOptions {
  readonly ledger: Ledger;
  /** What every change of the ledger passes. */
  readonly gate: SnapshotGate;
  readonly store: CounterStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between writes at least, in milliseconds. */
  readonly everyMs: number;
  /** Called just before a write; what it returns is called when the write is durable. */
  readonly publish: () => () => void;
}

/** What was taken of the ledger at one time. */
interface Picture {
  readonly changes: LedgerChanges;
  readonly write: CounterWrite;
  /** What may be told of each policy once it is written. */
  readonly figures: readonly (readonly [PolicyAccount, PolicyFigures])[];
  readonly done: () => void;
}

/** Parts that a switch's entries are written in: what changed is written, not all of it. */
const PARTS = 16;

/**
 * Writes counters down, and tells them: in this order. Nobody is told a figure that is not on disk, so
 * no figure that was told is ever taken back, however the process ends. Totals and the readings they
 * are made of are written in one batch, so that a start after a crash goes on exactly there.
 *
 * While the disk fails, what is told stands still; the next write that works makes up for it.
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

  /** Writes from now on, whenever there is something to write. */
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

  /** Writes what is left to write. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#writing;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const { ledger, store, gate, logger } = this.#options;
    const { changes, write, figures, done } = await gate.closedDuring(() => this.#picture());
    const isEmpty = write.policies.length + write.removed.length + write.entries.length === 0;
    const written = isEmpty ? { ok: true as const } : await attemptStore(() => store.write(write));
    if (written.ok) {
      if (this.#failing) logger.info({}, "counters are written again");
      this.#failing = false;
      for (const [account, figure] of figures) account.told = figure;
      done();
      return;
    }
    ledger.putBack(changes);
    if (this.#failing) return;
    this.#failing = true;
    const why = written.refusal.detail;
    logger.warn({ why }, "counters cannot be written: what is told of them stands still");
  }

  /** Takes what has changed, in turns: nothing may change meanwhile. */
  async #picture(): Promise<Picture> {
    const { ledger, publish } = this.#options;
    const changes = ledger.takeChanges();
    const done = publish();
    const turns = new YieldTimer();
    const figures: [PolicyAccount, PolicyFigures][] = [];
    const policies: PolicyRecord[] = [];
    for (const id of changes.policies) {
      if (turns.shouldYield) await turns.yieldNow();
      const account = ledger.account(id);
      if (!account) continue;
      const now = account.snapshot();
      figures.push([account, now]);
      policies.push(account.record(now));
    }
    const entries = await this.#entries(changes, turns);
    return { changes, write: { policies, removed: [...changes.removed], entries }, figures, done };
  }

  /** The parts that something has changed in, each with all of its entries. */
  async #entries({ entries }: LedgerChanges, turns: YieldTimer): Promise<EntryRecords[]> {
    const found: EntryRecords[] = [];
    for (const [dpid, cookies] of entries) {
      const ledger = this.#options.ledger.switch(dpid);
      const parts = new Map<number, EntryRecord[]>();
      for (const cookie of cookies) parts.set(partOf(cookie), []);
      const seen = new Set<bigint>();
      for (const cookie of ledger.cookies()) {
        if (turns.shouldYield) await turns.yieldNow();
        const records = parts.get(partOf(cookie));
        if (records === undefined || seen.has(cookie)) continue;
        seen.add(cookie);
        const record = ledger.record(cookie);
        if (record) records.push(record);
      }
      for (const [part, records] of parts) found.push({ dpid, part, records });
    }
    return found;
  }
}

function partOf(cookie: bigint): number {
  return Number(cookie & BigInt(PARTS - 1));
}
