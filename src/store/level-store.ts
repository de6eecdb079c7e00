// SPDX-License-Identifier: Apache-2.0
import { Level } from "level";
import { defined } from "../lang/defined.ts";
import { YieldTimer } from "../runtime/index.ts";
import { corrupt, prepareDataDirectory } from "./data-directory.ts";
import { GroupPlan } from "./group-plan.ts";
import { closed, levelFailure } from "./level-failure.ts";
import { META_KEY, type Meta, readMeta } from "./meta.ts";
import { decodeEntry, encodeEntry } from "./record.ts";
import type {
  BatchOutcome,
  Change,
  Entry,
  JsonValue,
  KeyRange,
  Store,
  StoreEvent,
} from "./store.ts";

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

type Database = Level<string, string>;

/**
 * Opens the store in a data directory, and creates it if there is none.
 *
 * @throws StoreError whose message is one line for the terminal.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  try {
    const location = prepareDataDirectory(directory);
    const database = await openDatabase(location);
    try {
      return new LevelStore(directory, location, database, await readMeta(directory, database));
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    throw levelFailure(directory, error);
  }
}

async function openDatabase(location: string): Promise<Database> {
  const database: Database = new Level(location, { keyEncoding: "utf8", valueEncoding: "utf8" });
  await database.open();
  return database;
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
  readonly #location: string;
  #database: Database;
  #meta: Meta;
  #queue: Pending[] = [];
  #committing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Set by a failed write, whose partial record in the log could hide later ones: see `#reopen`. */
  #suspect = false;
  readonly #watchers = new Set<Watcher>();

  constructor(directory: string, location: string, database: Database, meta: Meta) {
    this.directory = directory;
    this.#location = location;
    this.#database = database;
    this.#meta = meta;
  }

  async get(key: string): Promise<Entry | undefined> {
    const text = await this.#read(() => this.#database.get(key));
    return text === undefined ? undefined : this.#entry(key, text);
  }

  async *range(range: KeyRange): AsyncIterable<Entry> {
    const lower =
      range.after === undefined || range.after < range.from
        ? { gte: range.from }
        : { gt: range.after };
    const { limit, until } = range;
    try {
      for await (const [key, text] of this.#database.iterator({
        ...lower,
        lt: until,
        ...defined({ limit }),
      })) {
        yield this.#entry(key, text);
      }
    } catch (error) {
      throw levelFailure(this.directory, error);
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
        const failure = levelFailure(this.directory, error);
        for (const { reject } of group) reject(failure);
      }
    }
    this.#committing = undefined;
  }

  /** Decides each batch against the disk and the batches before it, writes the group, and resolves them. */
  async #commit(group: readonly Pending[]): Promise<void> {
    if (this.#suspect) await this.#reopen();
    const plan = new GroupPlan(this.#meta, await this.#revisions(group));
    const outcomes = group.map(({ changes }) => plan.decide(changes));
    if (plan.writes.size > 0) await this.#write(plan);
    group.forEach(({ resolve }, index) => {
      const outcome = outcomes[index];
      if (outcome) resolve(outcome);
    });
    // In a task of its own: an exception in a listener must not fail the write.
    queueMicrotask(() => {
      for (const event of plan.events) this.#notify(event);
    });
  }

  async #write(plan: GroupPlan): Promise<void> {
    const meta = { ...plan.meta };
    const timer = new YieldTimer();
    try {
      const batch = this.#database.batch();
      for (const [key, entry] of plan.writes) {
        if (timer.shouldYield) await timer.yieldNow();
        if (entry) batch.put(key, encodeEntry(entry));
        else batch.del(key);
      }
      batch.put(META_KEY, encodeEntry({ revision: meta.revision, value: meta }));
      await batch.write({ sync: true });
    } catch (error) {
      this.#suspect = true;
      throw error;
    }
    this.#meta = meta;
  }

  /**
   * Reopens the database with a new log. A failed write (a full disk) may have left a partial record in
   * the old log, and recovery skips everything after it: later writes would be acknowledged and lost.
   */
  async #reopen(): Promise<void> {
    if (this.#database.status !== "closed") await this.#database.close();
    this.#database = await openDatabase(this.#location);
    this.#meta = await readMeta(this.directory, this.#database);
    this.#suspect = false;
  }

  async #revisions(group: readonly Pending[]): Promise<Map<string, number>> {
    const keys = [...new Set(group.flatMap(({ changes }) => changes.map(({ key }) => key)))];
    const revisions = new Map<string, number>();
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      const some = keys.slice(at, at + KEYS_AT_ONCE);
      const texts = await this.#database.getMany(some);
      some.forEach((key, index) => {
        const text = texts[index];
        if (text !== undefined) revisions.set(key, this.#entry(key, text).revision);
      });
    }
    return revisions;
  }

  #entry(key: string, text: string): Entry {
    const decoded = decodeEntry(text);
    if ("damage" in decoded) throw corrupt(this.directory, `record ${key}: ${decoded.damage}`);
    return { key, value: decoded.value, revision: decoded.revision };
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw levelFailure(this.directory, error);
    }
  }

  #notify(event: StoreEvent): void {
    const key = event.type === "put" ? event.entry.key : event.key;
    for (const { from, until, listener } of this.#watchers) {
      if (key >= from && key < until) listener(event);
    }
  }
}
