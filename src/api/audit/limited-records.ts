// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from "../../contract/audit/audit.ts";
import { defined } from "../../lang/defined.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";

/** Requests of one user at one address that have a record each, in one period. */
const RECORDED_EACH = 20;

/** Requests without a user that have a record each, in one period, whatever their addresses are. */
const RECORDED_WITHOUT_USER = 10;

/** Kinds of requests, and users with their addresses, that are counted apart in one period. */
const MOST_KINDS = 500;

/** Kinds of requests without a user that are counted apart in one period. */
const MOST_KINDS_WITHOUT_USER = 20;

/** Length of a period, in milliseconds. */
const PERIOD_MS = 60_000;

/** The client that requests without a user come from. */
const ANYONE = "";

/** Requests that one record stands for. */
interface Counted {
  readonly entry: AuditEntry;
  count: number;
}

/**
 * Records requests that clients can repeat without changing anything: refused ones and logins. A client that sends very many gets a
 * record for each kind of request at the end of a minute, with their number. Requests without a user, which anyone can send from any
 * number of addresses, count as those of one client: a flood does not fill the disk.
 */
export class LimitedRecords {
  readonly #record: (entry: AuditEntry) => Promise<void>;
  readonly #clock: Clock;
  /** Requests in this period, by client. */
  readonly #counts = new Map<string, number>();
  /** Those without a record yet, by client and kind. */
  readonly #waiting = new Map<string, Counted>();
  /** Those without a user and without a record yet, by kind. */
  readonly #waitingOfAnyone = new Map<string, Counted>();
  /** Those of further kinds, by status. */
  readonly #others = new Map<number, Counted>();
  #end: CancelTimer | undefined;

  constructor(record: (entry: AuditEntry) => Promise<void>, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  /** Resolves when the request is on disk, or counted. */
  async add(entry: AuditEntry): Promise<void> {
    const { actor, operation, outcome } = entry;
    const isAnyone = actor?.user === undefined;
    const client = isAnyone ? ANYONE : JSON.stringify([actor.user, actor.address]);
    const count = (this.#counts.get(client) ?? 0) + 1;
    const isKnown = isAnyone || this.#counts.has(client) || this.#counts.size < MOST_KINDS;
    if (isKnown) this.#counts.set(client, count);
    this.#end ??= this.#clock.after(PERIOD_MS, () => void this.flush());
    const most = isAnyone ? RECORDED_WITHOUT_USER : RECORDED_EACH;
    if (isKnown && count <= most) return this.#record(entry);
    const kind = JSON.stringify([client, operation, outcome?.status]);
    const [waiting, mostKinds] = isAnyone
      ? [this.#waitingOfAnyone, MOST_KINDS_WITHOUT_USER]
      : [this.#waiting, MOST_KINDS];
    const alike = waiting.get(kind);
    if (alike) alike.count++;
    else if (waiting.size < mostKinds) {
      // Further ones may come from other addresses, for other objects.
      const shared = { type: entry.type, ...defined({ operation, outcome }) };
      waiting.set(kind, { entry: isAnyone ? shared : entry, count: 1 });
    } else this.#countOther(entry);
  }

  /** Records what is counted. */
  async flush(): Promise<void> {
    this.#end?.();
    this.#end = undefined;
    const all = [this.#waiting, this.#waitingOfAnyone, this.#others];
    const waiting = all.flatMap((each) => [...each.values()]);
    for (const each of all) each.clear();
    this.#counts.clear();
    for (const { entry, count } of waiting) {
      await this.#record(count === 1 ? entry : { ...entry, count });
    }
  }

  /** Too many kinds: their number and status are kept. */
  #countOther({ type, outcome }: AuditEntry): void {
    const status = outcome?.status ?? 0;
    const others = this.#others.get(status);
    if (others) others.count++;
    else this.#others.set(status, { entry: { type, outcome: { status } }, count: 1 });
  }
}
