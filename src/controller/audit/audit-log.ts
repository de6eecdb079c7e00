// SPDX-License-Identifier: Apache-2.0

import type {
  AuditEntry,
  AuditHead,
  AuditRecord,
  AuditVerification,
} from "../../contract/audit/audit.ts";
import { ChainCheck } from "../../contract/audit/audit-chain.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { EventBus } from "../events.ts";
import { type AuditLimits, truncateAudit } from "./audit-retention.ts";
import type { AuditStore } from "./audit-store.ts";
import { CERTAIN_AFTER_MS, CertainTime } from "./certain-time.ts";

/** Dependencies of `AuditLog`. */
interface AuditLogDeps {
  readonly store: AuditStore;
  readonly limits: AuditLimits;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly logger: Logger;
}

/** The head is published this long after a record, once for all records until then, in milliseconds. */
const HEAD_AFTER_MS = 5000;

/** Interval at which old records are deleted, in milliseconds; also after so many records. */
const TRUNCATE_EVERY = { ms: 3_600_000, records: 1000 };

/** After the start, in milliseconds: the wall clock is certain then. */
const TRUNCATE_FIRST_AFTER_MS = CERTAIN_AFTER_MS + 1000;

/** The audit: reads, checks and shortens it, and records what is no write to the store or was refused. */
export class AuditLog {
  readonly #deps: AuditLogDeps;
  readonly #time: CertainTime;
  /** Records since the start. */
  appended = 0;
  /** Sequence number of the last record; 0: there is none. */
  headSequence = 0;
  #head: AuditHead | undefined;
  #headDue: CancelTimer | undefined;
  #truncationDue: CancelTimer | undefined;
  #truncating: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: AuditLogDeps) {
    this.#deps = deps;
    this.#time = new CertainTime(deps.clock, deps.nowMs);
    deps.store.watch((record) => this.#appended(record));
  }

  async start(): Promise<void> {
    const { sequence } = await this.#deps.store.head();
    this.headSequence = Math.max(this.headSequence, sequence);
    this.#time.read();
    this.#truncateAfter(TRUNCATE_FIRST_AFTER_MS);
  }

  /** Ends timers; resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#headDue?.();
    this.#truncationDue?.();
    await this.#truncating;
  }

  /** Appends a record; one that the disk does not take is logged instead. Never rejects. */
  async record(entry: AuditEntry): Promise<void> {
    const written = await attemptStore(() => this.#deps.store.append([entry]));
    if (written.ok) return;
    const why = written.refusal.detail;
    this.#deps.logger.error({ record: entry, why }, "a record of the audit cannot be stored");
  }

  after(sequence: number): AsyncIterable<AuditRecord> {
    return this.#deps.store.after(sequence);
  }

  head(): Promise<AuditHead> {
    return this.#deps.store.head();
  }

  isSealed(record: AuditRecord): boolean {
    return this.#deps.store.isSealed(record);
  }

  /** Checks all records, in slices of the event loop. */
  async verify(head?: Pick<AuditHead, "sequence" | "hash">): Promise<AuditVerification> {
    const { store } = this.#deps;
    // A tail that is missing from the records is known from the head beside them.
    const check = new ChainCheck({ heads: [await store.head(), ...(head ? [head] : [])] });
    const turns = new YieldTimer();
    for await (const record of store.after(0)) {
      if (turns.shouldYield) await turns.yieldNow();
      check.add(record, store.isSealed(record));
    }
    return check.end();
  }

  #appended({ sequence, hash, at }: AuditRecord): void {
    this.appended++;
    this.headSequence = sequence;
    this.#head = { sequence, hash, at };
    if (this.#isClosed) return;
    this.#headDue ??= this.#deps.clock.after(HEAD_AFTER_MS, () => this.#publishHead());
    if (this.appended % TRUNCATE_EVERY.records === 0) this.#truncate();
  }

  #publishHead(): void {
    this.#headDue = undefined;
    if (this.#head) this.#deps.events.publish({ type: "auditHead", ...this.#head });
  }

  #truncateAfter(ms: number): void {
    this.#truncationDue?.();
    this.#truncationDue = this.#deps.clock.after(ms, () => this.#truncate());
  }

  /** Deletes what is too old or too many, now and every hour. */
  #truncate(): void {
    if (this.#truncating || this.#isClosed) return;
    const { store, limits, logger } = this.#deps;
    const now = this.#time.read();
    this.#truncating = attemptStore(() => truncateAudit(store, limits, now)).then((done) => {
      this.#truncating = undefined;
      if (!done.ok)
        logger.warn({ why: done.refusal.detail }, "old records of the audit stay for now");
      if (!this.#isClosed) this.#truncateAfter(TRUNCATE_EVERY.ms);
    });
  }
}
