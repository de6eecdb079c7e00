// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import type { LiveEvent } from "./live-state.ts";
import type { PolicyRow } from "./policy-row.ts";
import { type ProblemDocument, problemFrom } from "./rest.ts";

/** What a list of policies shows, and in which order: `q` and `sort` of the server. */
export interface RowQuery {
  readonly q: string;
  readonly sort: string;
}

/** The rows at some places of a list, and how many it has. */
interface RowPage {
  readonly total: number;
  readonly rows: readonly PolicyRow[];
}

export type ReadRows = (
  query: RowQuery & { readonly offset: number; readonly limit: number },
  signal: AbortSignal,
) => Promise<RowPage>;

/** What is known of a list. */
export interface KnownRows {
  /** What they were read for; that of `setQuery` may be newer. */
  readonly query: RowQuery | undefined;
  /** How many policies the query finds; undefined: not known yet. */
  readonly total: number | undefined;
  /** Place of the first of `rows`. */
  readonly start: number;
  readonly rows: readonly PolicyRow[];
  /** Why the last reading failed; the rows are those of the one before. */
  readonly problem: ProblemDocument | undefined;
}

const NOTHING: KnownRows = {
  ...{ query: undefined, total: undefined, start: 0, rows: [], problem: undefined },
};

/** Rows that are read before and after those in view. */
const MARGIN = 100;
/** Fewer rows than this before or after those in view: the next ones are read. */
const LEAST_MARGIN = 30;
/** Rows in view before a table has reported which. */
const FIRST_VIEW = 40;
/** Least time from one reading because of events to the next, in milliseconds. */
const SETTLE_MS = 1000;
/** From an event to the reading: events come in bursts. */
const BURST_MS = 100;

/**
 * A list of any number of policies of which the rows in view are known, and some around them. Events change the
 * known rows at once. Where an event may move, add or remove rows, the known places are read again within a
 * second, so that each row is where the server's order has it.
 */
export class RowWindow {
  readonly known = signal<KnownRows>(NOTHING);
  readonly #read: ReadRows;
  #query: RowQuery | undefined;
  #view = { first: 0, end: FIRST_VIEW };
  #reading: AbortController | undefined;
  /** Whether something has happened since the present reading began. */
  #isOutdated = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(read: ReadRows) {
    this.#read = read;
  }

  /** Shows another list, from its start. What is known of the one before stays until the first rows are there. */
  setQuery(query: RowQuery): void {
    if (query.q === this.#query?.q && query.sort === this.#query.sort) return;
    this.#query = query;
    this.#view = { first: 0, end: FIRST_VIEW };
    this.#reading?.abort();
    this.#reading = undefined;
    this.refresh();
  }

  /** The places from `first` on and before `end` are in view. */
  show(first: number, end: number): void {
    this.#view = { first, end };
    if (!this.#covers()) this.refresh();
  }

  /** Reads the known places again, now or when the present reading has ended. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#query === undefined) return;
    if (this.#reading) this.#isOutdated = true;
    else void this.#run(this.#query);
  }

  /** Takes what has happened. */
  receive(events: readonly LiveEvent[]): void {
    const query = this.#query;
    if (query === undefined) return;
    this.known.value = rowsAfter(this.known.value, events);
    if (!events.some((event) => changesOrder(event, query))) return;
    const now = performance.now();
    this.#timer ??= setTimeout(
      () => this.refresh(),
      Math.max(BURST_MS, this.#readAt + SETTLE_MS - now),
    );
  }

  /** Ends what is under way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#query = undefined;
    this.#reading?.abort();
  }

  async #run(query: RowQuery): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    this.#isOutdated = false;
    this.#readAt = performance.now();
    const offset = Math.max(0, this.#view.first - MARGIN);
    const limit = this.#view.end - offset + MARGIN;
    try {
      const { total, rows } = await this.#read({ ...query, offset, limit }, reading.signal);
      if (reading.signal.aborted) return;
      this.known.value = { query, total, start: offset, rows, problem: undefined };
      // A list that has become shorter ends before the view.
      if (this.#view.end > total) this.#view = { first: this.#fitted(total), end: total };
      if (!this.#covers()) this.#isOutdated = true;
    } catch (error) {
      if (reading.signal.aborted) return;
      this.known.value = { ...this.known.value, problem: problemFrom(error) };
    }
    this.#reading = undefined;
    if (this.#isOutdated) this.refresh();
  }

  /** The start of the view in a list that ends within it or before it. */
  #fitted(total: number): number {
    return Math.max(0, Math.min(this.#view.first, total - 1));
  }

  /** Whether the rows in view are known, and enough around them. */
  #covers(): boolean {
    const { total, start, rows } = this.known.value;
    if (total === undefined) return this.#reading !== undefined;
    const first = Math.max(0, this.#view.first - LEAST_MARGIN);
    const end = Math.min(total, this.#view.end + LEAST_MARGIN);
    return start <= first && start + rows.length >= end;
  }
}

/** What events make of known rows. */
export function rowsAfter(known: KnownRows, events: readonly LiveEvent[]): KnownRows {
  let { total, rows } = known;
  for (const event of events) {
    if (event.type === "policyStatus") {
      const { id, new: status } = event;
      if (rows.some((row) => row.id === id))
        rows = rows.map((row) => (row.id === id ? { ...row, ...status } : row));
    } else if (event.type === "policyDeleted") {
      const left = rows.filter(({ id }) => id !== event.id);
      if (left.length === rows.length) continue;
      rows = left;
      total = total === undefined ? undefined : total - 1;
    }
  }
  return rows === known.rows ? known : { ...known, total, rows };
}

/** Whether an event may move, add or remove a row of a list. */
function changesOrder({ type }: LiveEvent, { q, sort }: RowQuery): boolean {
  switch (type) {
    case "gap":
    case "policyCreated":
    case "policyReplaced":
    case "policyDeleted":
      return true;
    case "policyStatus":
    case "policyHealth":
      return q !== "" || sort.endsWith("state");
    default:
      return false;
  }
}
