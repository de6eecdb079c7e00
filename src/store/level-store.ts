// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { Steps } from "../lang/steps.ts";
import { completeInSlices, YieldTimer } from "../runtime/index.ts";
import { GroupPlan } from "./group-plan.ts";
import { LevelDatabase } from "./level-database.ts";
import type { Meta } from "./meta.ts";
import { decodeEntry } from "./record.ts";
import type {
  BatchOutcome,
  Change,
  Entry,
  JsonValue,
  KeyRange,
  Store,
  StoreEvent,
} from "./store.ts";
import type { StoreError } from "./store-error.ts";
import { closed, damagedRecord, storeFailure } from "./store-failures.ts";
import { HealthWatch, type StoreHealth } from "./store-health.ts";

/** Maximum number of batches per write to disk. */
const GROUP_LIMIT = 1000;

/** Keys looked up in one turn of the event loop. */
const KEYS_AT_ONCE = 250;

interface Pending {
  readonly changes: readonly Change[];
  readonly resolve: (outcome: BatchOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Watcher {
  readonly from: string;
  readonly until: string;
  readonly listener: (event: StoreEvent) => void;
}

/** What a failed write may have left on disk: how the records were before. */
interface Undo {
  readonly meta: Meta;
  /** Revision of the failed write. */
  readonly revision: number;
  /** Texts of the records; undefined: there was none. */
  readonly texts: ReadonlyMap<string, string | undefined>;
}

/**
 * Opens the store in a data directory, and creates it if there is none.
 *
 * @throws StoreError whose message is one line for the terminal.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  return new LevelStore(directory, await LevelDatabase.open(directory));
}

/**
 * The embedded store: one LevelDB.
 *
 * Writes that arrive while the disk is busy are committed together by the next write (group commit), in
 * call order and each with its own revision. So compare-and-set needs no locks, and many writers share
 * the cost of a sync.
 *
 * A write that fails makes the store _failing_: it is reopened with a new log before the next write, and
 * by itself after a while. The partial record that a failed write may have left in the old log would make
 * recovery skip everything after it, and LevelDB takes no write after a failed sync. What a failed write
 * did get to the disk is undone: its client has seen it fail.
 */
class LevelStore implements Store {
  readonly directory: string;
  /** The open database, or the one that was open before: see `#isOpen`. */
  #database: LevelDatabase;
  #isOpen = true;
  /** The last write failed: the database must be reopened before the next one. */
  #suspect = false;
  #undo: Undo | undefined;
  #recovering: Promise<void> | undefined;
  readonly #watch = new HealthWatch(() => void this.#recover().catch(() => undefined));
  #queue: Pending[] = [];
  #committing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #watchers = new Set<Watcher>();

  constructor(directory: string, database: LevelDatabase) {
    this.directory = directory;
    this.#database = database;
  }

  get health(): StoreHealth {
    return this.#watch.health;
  }

  onHealth(listener: (health: StoreHealth) => void): void {
    this.#watch.subscribe(listener);
  }

  async get(key: string): Promise<Entry | undefined> {
    const text = await this.#read((database) => database.get(key));
    return text === undefined ? undefined : this.#entry(key, text);
  }

  async *range(range: KeyRange): AsyncIterable<Entry> {
    const lower =
      range.after === undefined || range.after < range.from
        ? { gte: range.from }
        : { gt: range.after };
    const { limit, until } = range;
    const turns = new YieldTimer();
    try {
      const database = await this.#readable();
      const bounds = { ...lower, lt: until, ...defined({ limit }) };
      for await (const [key, text] of database.iterator(bounds)) {
        if (turns.shouldYield) await turns.yieldNow();
        yield this.#entry(key, text);
      }
    } catch (error) {
      throw storeFailure(this.directory, error);
    }
  }

  async put(key: string, value: JsonValue): Promise<Entry> {
    const outcome = await this.batch([{ type: "put", key, value }]);
    if (outcome.type === "conflict") throw new Error("an unconditional write returned a conflict");
    return { key, value, revision: outcome.revision };
  }

  async delete(key: string): Promise<boolean> {
    for (;;) {
      const entry = await this.get(key);
      if (entry === undefined) return false;
      const outcome = await this.batch([{ type: "delete", key, expected: entry.revision }]);
      if (outcome.type === "committed") return true;
    }
  }

  compareAndSet(key: string, expected: number | "absent", value: JsonValue): Promise<BatchOutcome> {
    return this.batch([{ type: "put", key, value, expected }]);
  }

  batch(changes: readonly Change[]): Promise<BatchOutcome> {
    if (this.#closing) return Promise.reject(closed(this.directory));
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, resolve, reject });
      this.#committing ??= this.#drain();
    });
  }

  watch(
    range: Pick<KeyRange, "from" | "until">,
    listener: (event: StoreEvent) => void,
  ): () => void {
    const watcher = { from: range.from, until: range.until, listener };
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#committing;
      this.#watch.close();
      await this.#recovering?.catch(() => undefined);
      this.#watch.close();
      this.#watchers.clear();
      if (this.#isOpen) await this.#database.close();
      this.#isOpen = false;
    })();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, GROUP_LIMIT);
      try {
        await this.#commit(group);
      } catch (error) {
        const failure = storeFailure(this.directory, error);
        for (const { reject } of group) reject(failure);
      }
    }
    this.#committing = undefined;
  }

  /** Decides each batch against the disk and the batches before it, writes the group, and resolves them. */
  async #commit(group: readonly Pending[]): Promise<void> {
    if (this.#suspect || !this.#isOpen) await this.#recover();
    const texts = await this.#texts(group);
    const plan = new GroupPlan(this.#database.meta, await completeInSlices(this.#revisions(texts)));
    const outcomes = await completeInSlices(decisions(plan, group));
    if (plan.writes.size > 0) await this.#write(plan, texts);
    group.forEach(({ resolve }, index) => {
      const outcome = outcomes[index];
      if (outcome) resolve(outcome);
    });
    // In a task of its own: an exception in a listener must not fail the write.
    queueMicrotask(() => {
      for (const event of plan.events) this.#notify(event);
    });
  }

  async #write(plan: GroupPlan, texts: ReadonlyMap<string, string | undefined>): Promise<void> {
    const { meta } = this.#database;
    try {
      await this.#database.commit(plan.writes, plan.meta);
    } catch (error) {
      this.#undo = { meta, revision: plan.meta.revision, texts };
      this.#suspect = true;
      throw this.#failed(error);
    }
  }

  /** Reopens the database; attempts do not overlap. Rejects with the reason why it cannot be. */
  #recover(): Promise<void> {
    if (this.#closing) return Promise.reject(closed(this.directory));
    this.#recovering ??= this.#reopen().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  async #reopen(): Promise<void> {
    try {
      // While the disk does not take it, the open database serves reads.
      await this.#database.probe();
      if (this.#isOpen) {
        this.#isOpen = false;
        await this.#database.close();
      }
      this.#database = await LevelDatabase.open(this.directory, this.#database);
      this.#isOpen = true;
      await this.#undoFailed(this.#database);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#suspect = false;
    this.#watch.recovered();
  }

  /** Undoes the failed write, if it did get to the disk. Its revisions are not used again. */
  async #undoFailed(database: LevelDatabase): Promise<void> {
    const undo = this.#undo;
    if (undo && database.meta.revision >= undo.revision) {
      const { entries } = undo.meta;
      const meta = { ...database.meta, entries, revision: database.meta.revision + 1 };
      await database.commit(undo.texts, meta);
    }
    this.#undo = undefined;
  }

  #failed(error: unknown): StoreError {
    const failure = storeFailure(this.directory, error);
    if (!this.#closing) this.#watch.failed(failure);
    return failure;
  }

  /** The present texts of the records that a group changes. */
  async #texts(group: readonly Pending[]): Promise<Map<string, string | undefined>> {
    const texts = new Map<string, string | undefined>();
    let keys: string[] = [];
    const find = async () => {
      const found = await this.#database.getMany(keys);
      for (const [index, key] of keys.entries()) texts.set(key, found[index]);
      keys = [];
    };
    for (const { changes } of group) {
      for (const { key } of changes) {
        if (keys.push(key) === KEYS_AT_ONCE) await find();
      }
    }
    if (keys.length > 0) await find();
    return texts;
  }

  *#revisions(texts: ReadonlyMap<string, string | undefined>): Steps<Map<string, number>> {
    const revisions = new Map<string, number>();
    for (const [key, text] of texts) {
      yield;
      if (text !== undefined) revisions.set(key, this.#entry(key, text).revision);
    }
    return revisions;
  }

  /** The database for reading: open, whether or not it takes writes. */
  async #readable(): Promise<LevelDatabase> {
    if (this.#closing) throw closed(this.directory);
    if (!this.#isOpen) await this.#recover();
    return this.#database;
  }

  #entry(key: string, text: string): Entry {
    const decoded = decodeEntry(text);
    if ("damage" in decoded) throw damagedRecord(this.directory, key, decoded.damage);
    return { key, value: decoded.value, revision: decoded.revision };
  }

  async #read<T>(read: (database: LevelDatabase) => Promise<T>): Promise<T> {
    try {
      return await read(await this.#readable());
    } catch (error) {
      throw storeFailure(this.directory, error);
    }
  }

  #notify(event: StoreEvent): void {
    const key = event.type === "put" ? event.entry.key : event.key;
    for (const { from, until, listener } of this.#watchers) {
      if (key >= from && key < until) listener(event);
    }
  }
}

function* decisions(plan: GroupPlan, group: readonly Pending[]): Steps<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  for (const { changes } of group) outcomes.push(yield* plan.decide(changes));
  return outcomes;
}
