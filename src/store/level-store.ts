// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { Steps } from "../lang/steps.ts";
import { completeInSlices, YieldTimer } from "../runtime/index.ts";
import { GroupPlan } from "./group-plan.ts";
import { decodeEntry } from "./record.ts";
import { RecoveringDatabase } from "./recovering-database.ts";
import type {
  BatchOutcome,
  Change,
  Entry,
  JsonValue,
  KeyRange,
  Store,
  StoreEvent,
} from "./store.ts";
import { closed, damagedRecord, storeFailure } from "./store-failures.ts";
import type { StoreHealth } from "./store-health.ts";

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

/**
 * Opens the store in a data directory, and creates it if there is none.
 *
 * @throws StoreError whose message is one line for the terminal.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  return new LevelStore(await RecoveringDatabase.open(directory));
}

/**
 * The embedded store: one LevelDB.
 *
 * Writes that arrive while the disk is busy are committed together by the next write (group commit), in
 * call order and each with its own revision. So compare-and-set needs no locks, and many writers share
 * the cost of a sync.
 */
class LevelStore implements Store {
  readonly directory: string;
  readonly #database: RecoveringDatabase;
  #queue: Pending[] = [];
  #committing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #watchers = new Set<Watcher>();

  constructor(database: RecoveringDatabase) {
    this.directory = database.directory;
    this.#database = database;
  }

  get health(): StoreHealth {
    return this.#database.health;
  }

  onHealth(listener: (health: StoreHealth) => void): void {
    this.#database.onHealth(listener);
  }

  async get(key: string): Promise<Entry | undefined> {
    try {
      if (this.#closing) throw closed(this.directory);
      const text = await this.#database.read((database) => database.get(key));
      return text === undefined ? undefined : this.#entry(key, text);
    } catch (error) {
      throw storeFailure(this.directory, error);
    }
  }

  async *range(range: KeyRange): AsyncIterable<Entry> {
    const lower =
      range.after === undefined || range.after < range.from
        ? { gte: range.from }
        : { gt: range.after };
    const { limit, until } = range;
    const turns = new YieldTimer();
    try {
      if (this.#closing) throw closed(this.directory);
      const database = await this.#database.readable();
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
      this.#watchers.clear();
      await this.#database.close();
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
    await this.#database.writable();
    const texts = await this.#texts(group);
    const { revisions, values } = await completeInSlices(this.#present(texts, updatedKeys(group)));
    const plan = new GroupPlan(this.#database.meta, revisions, values);
    const outcomes = await completeInSlices(decisions(plan, group));
    const { writes, meta } = plan;
    for (const key of plan.added) texts.set(key, undefined);
    if (writes.size > 0) await this.#database.commit({ writes, meta, texts });
    group.forEach(({ resolve }, index) => {
      const outcome = outcomes[index];
      if (outcome) resolve(outcome);
    });
    // In a task of its own: an exception in a listener must not fail the write.
    queueMicrotask(() => {
      for (const event of plan.events) this.#notify(event);
    });
  }

  /** The present texts of the records that a group changes. */
  async #texts(group: readonly Pending[]): Promise<Map<string, string | undefined>> {
    const texts = new Map<string, string | undefined>();
    let keys: string[] = [];
    const find = async () => {
      const found = await this.#database.read((database) => database.getMany(keys));
      for (const [index, key] of keys.entries()) texts.set(key, found[index]);
      keys = [];
    };
    for (const { changes } of group) {
      for (const { key } of changes) {
        if (texts.has(key)) continue;
        // Its text follows: a key that many batches update is looked up once.
        texts.set(key, undefined);
        if (keys.push(key) === KEYS_AT_ONCE) await find();
      }
    }
    if (keys.length > 0) await find();
    return texts;
  }

  /** The revisions of records, and the values of those that are updated. */
  *#present(texts: ReadonlyMap<string, string | undefined>, updated: ReadonlySet<string>) {
    const revisions = new Map<string, number>();
    const values = new Map<string, JsonValue>();
    for (const [key, text] of texts) {
      yield;
      if (text === undefined) continue;
      const { revision, value } = this.#entry(key, text);
      revisions.set(key, revision);
      if (updated.has(key)) values.set(key, value);
    }
    return { revisions, values };
  }

  #entry(key: string, text: string): Entry {
    const decoded = decodeEntry(text);
    if ("damage" in decoded) throw damagedRecord(this.directory, key, decoded.damage);
    return { key, value: decoded.value, revision: decoded.revision };
  }

  #notify(event: StoreEvent): void {
    const key = event.type === "put" ? event.entry.key : event.key;
    for (const { from, until, listener } of this.#watchers) {
      if (key >= from && key < until) listener(event);
    }
  }
}

function updatedKeys(group: readonly Pending[]): Set<string> {
  const updates = group.flatMap(({ changes }) => changes.filter(({ type }) => type === "update"));
  return new Set(updates.map(({ key }) => key));
}

function* decisions(plan: GroupPlan, group: readonly Pending[]): Steps<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  for (const { changes } of group) outcomes.push(yield* plan.decide(changes));
  return outcomes;
}
