// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from "../../contract/audit/audit.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";

/** Refusals of one client that have a record each, in one period; those without a user: one. */
const RECORDED_EACH = 20;

/** Kinds of refusals, and clients, that are counted apart in one period. */
const MOST_KINDS = 500;

/** Length of a period, in milliseconds. */
const PERIOD_MS = 60_000;

/**
 * Records refused requests. A client that is refused very often gets a record for each kind of refusal at the end
 * of a minute, with their number: a flood does not fill the disk.
 */
export class Refusals {
  readonly #record: (entry: AuditEntry) => Promise<void>;
  readonly #clock: Clock;
  /** Refusals in this period, by client. */
  readonly #counts = new Map<string, number>();
  /** Those without a record yet, by client and kind. */
  readonly #waiting = new Map<string, { readonly entry: AuditEntry; count: number }>();
  #end: CancelTimer | undefined;

  constructor(record: (entry: AuditEntry) => Promise<void>, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  /** Resolves when the refusal is on disk, or counted. */
  async add(entry: AuditEntry): Promise<void> {
    const { actor, operation, outcome } = entry;
    const client = JSON.stringify([actor?.user, actor?.address]);
    const count = (this.#counts.get(client) ?? 0) + 1;
    const isKnown = this.#counts.has(client) || this.#counts.size < MOST_KINDS;
    if (isKnown) this.#counts.set(client, count);
    this.#end ??= this.#clock.after(PERIOD_MS, () => void this.flush());
    const most = actor?.user === undefined ? 1 : RECORDED_EACH;
    if (isKnown && count <= most) return this.#record(entry);
    const kind = JSON.stringify([client, operation, outcome?.status]);
    const alike = this.#waiting.get(kind);
    if (alike) alike.count++;
    else if (this.#waiting.size < MOST_KINDS) this.#waiting.set(kind, { entry, count: 1 });
    else this.#countOther(entry);
  }

  /** Records what is counted. */
  async flush(): Promise<void> {
    this.#end?.();
    this.#end = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#counts.clear();
    for (const { entry, count } of waiting) {
      await this.#record(count === 1 ? entry : { ...entry, count });
    }
  }

  /** Too many kinds: their number and status are kept. */
  #countOther({ outcome }: AuditEntry): void {
    const status = outcome?.status ?? 0;
    const others = this.#waiting.get(`${status}`);
    if (others) others.count++;
    else
      this.#waiting.set(`${status}`, { entry: { type: "refusal", outcome: { status } }, count: 1 });
  }
}
