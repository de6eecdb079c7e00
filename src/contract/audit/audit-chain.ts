// SPDX-License-Identifier: Apache-2.0
import type { AuditFault, AuditRecord, AuditVerification } from "./audit.ts";

/** Before the first record. */
export const NO_HASH = "0".repeat(64);

/** Most faults that are listed. */
const MOST_FAULTS = 100;

type Link = Pick<AuditRecord, "sequence" | "hash">;

/** What a check begins with. */
export interface ChainStart {
  /** The sequence number of the record before the first one; absent: all that is not truncated is there. */
  readonly after?: number;
  /** Records that must be among those checked. */
  readonly heads?: readonly Link[];
}

/**
 * Checks a chain of records, one after the other: that each follows the one before, that what is missing at the
 * beginning was truncated, and that the record of a head is there. A removed, repeated or reordered record, or a
 * tail that a head proves, is found so. That a record is as it was written is known to the server only, which
 * has the key: see `isSealed` of `add`.
 */
export class ChainCheck {
  readonly faults: AuditFault[] = [];
  readonly #after: number | undefined;
  /** Not found yet. */
  readonly #heads: Set<Link>;
  #first: AuditRecord | undefined;
  #last: AuditRecord | undefined;
  #records = 0;
  /** Every truncation, by the last record that it deleted. */
  readonly #cuts = new Map<number, NonNullable<AuditRecord["truncated"]>>();
  /** The last truncation. */
  #truncated: AuditRecord["truncated"];
  /** Heads whose records were truncated. */
  readonly #truncatedHeads: number[] = [];

  constructor({ after, heads = [] }: ChainStart = {}) {
    this.#after = after;
    this.#heads = new Set(heads);
  }

  /** The next record; `isSealed`: the server has made it. */
  add(record: AuditRecord, isSealed = true): void {
    const { sequence, previous, hash } = record;
    if (!isSealed) this.#note(sequence, "the record is not as the server wrote it");
    const last = this.#last;
    if (last === undefined) this.#first = record;
    else if (sequence <= last.sequence) {
      this.#note(sequence, `it comes after record ${last.sequence}: repeated, or out of order`);
    } else if (sequence !== last.sequence + 1) {
      const gap = `${last.sequence + 1} to ${sequence - 1}`;
      this.#note(sequence, `the records ${gap} before it are missing`);
    } else if (previous !== last.hash) {
      this.#note(sequence, "it does not follow the record before it");
    }
    for (const head of this.#heads) {
      if (head.sequence !== sequence) continue;
      this.#heads.delete(head);
      if (hash !== head.hash) this.#note(sequence, "the head names another record");
    }
    const { type, truncated } = record;
    if (type === "truncation" && isSealed && truncated) {
      this.#truncated = truncated;
      this.#cuts.set(truncated.to, truncated);
    }
    this.#records++;
    this.#last = record;
  }

  /** All records were added. */
  end(): AuditVerification {
    this.#checkStart();
    for (const head of this.#heads) this.#checkHead(head);
    const range = this.#first && { from: this.#first.sequence, to: this.#last?.sequence ?? 0 };
    const truncated = this.#truncated && { from: this.#truncated.from, to: this.#truncated.to };
    return {
      ...range,
      records: this.#records,
      faults: this.faults,
      ...(truncated === undefined ? {} : { truncated }),
      ...(this.#truncatedHeads.length === 0 ? {} : { truncatedHeads: this.#truncatedHeads }),
    };
  }

  #checkStart(): void {
    const first = this.#first;
    if (!first) return;
    const { sequence, previous } = first;
    if (this.#after !== undefined) {
      if (sequence !== this.#after + 1) {
        this.#note(sequence, `the first record should be ${this.#after + 1}`);
      }
      return;
    }
    if (sequence === 1) {
      if (previous !== NO_HASH) this.#note(1, "it follows another record");
      return;
    }
    if (this.#isCutBefore(first)) return;
    this.#note(sequence, "the records before it are missing, and no truncation says so");
  }

  /**
   * Whether the records before the first one were truncated. While records are read, further ones may be, so that
   * it need not be the last truncation.
   */
  #isCutBefore({ sequence, previous }: AuditRecord): boolean {
    return this.#cuts.get(sequence - 1)?.hash === previous;
  }

  #checkHead(head: Link): void {
    if (head.sequence === 0) return;
    const cut = this.#cuts.get(head.sequence);
    if (cut?.hash === head.hash) return;
    const [first, last] = [this.#first?.sequence ?? 0, this.#last?.sequence ?? 0];
    if (head.sequence > last) {
      const what = `the records ${last + 1} to ${head.sequence} are missing: the head names the last one`;
      this.#note(last, what);
    } else if (cut) {
      this.#note(head.sequence, "the head names another record than the one that was truncated");
    } else if (head.sequence < first && this.#first && this.#isCutBefore(this.#first)) {
      this.#truncatedHeads.push(head.sequence);
    } else if (head.sequence < first) {
      this.#note(first, `the head ${head.sequence} is older than the first record`);
    } else {
      this.#note(head.sequence, "the record that the head names is missing");
    }
  }

  #note(sequence: number, what: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ sequence, what });
  }
}
