// SPDX-License-Identifier: Apache-2.0
import { DiskDeadline } from "./disk-deadline.ts";
import { LevelDatabase } from "./level-database.ts";
import type { Meta } from "./meta.ts";
import type { StoredEntry } from "./record.ts";
import type { StoreError } from "./store-error.ts";
import { closed, storeFailure } from "./store-failures.ts";
import { HealthWatch, type StoreHealth } from "./store-health.ts";

/** What a failed write may have left on disk: how the records were before. */
interface Undo {
  readonly meta: Meta;
  /** Revision of the failed write. */
  readonly revision: number;
  readonly texts: RecordTexts;
}

/** Texts of records by key; undefined: there is none. */
type RecordTexts = ReadonlyMap<string, string | undefined>;

/** A group of writes, with the metadata and the texts of its records before it. */
interface Commit {
  readonly writes: ReadonlyMap<string, StoredEntry | undefined>;
  readonly meta: Meta;
  readonly texts: RecordTexts;
}

/**
 * The database of a data directory, which outlives failures of its disk.
 *
 * A write that fails makes it _failing_: it is reopened with a new log before the next write, and by
 * itself after a while. The partial record that a failed write may have left in the old log would make
 * recovery skip everything after it, and LevelDB takes no write after a failed sync. What a failed write
 * did get to the disk is undone: its client has seen it fail.
 */
export class RecoveringDatabase {
  readonly directory: string;
  readonly #disk: DiskDeadline;
  /** The open database, or the one that was open before: see `#isOpen`. */
  #database: LevelDatabase;
  #isOpen = true;
  #isClosed = false;
  /** The last write failed: the database must be reopened before the next one. */
  #suspect = false;
  #undo: Undo | undefined;
  #recovering: Promise<void> | undefined;
  readonly #watch: HealthWatch;

  private constructor(directory: string, database: LevelDatabase) {
    const recover = () => {
      if (this.health.state === "failing") void this.#recover().catch(() => undefined);
    };
    this.directory = directory;
    this.#database = database;
    this.#watch = new HealthWatch(recover);
    this.#disk = new DiskDeadline(directory, recover);
  }

  /** @throws StoreError */
  static async open(directory: string): Promise<RecoveringDatabase> {
    return new RecoveringDatabase(directory, await LevelDatabase.open(directory));
  }

  get health(): StoreHealth {
    return this.#watch.health;
  }

  onHealth(listener: (health: StoreHealth) => void): void {
    this.#watch.subscribe(listener);
  }

  /** The metadata as of the last commit. */
  get meta(): Meta {
    return this.#database.meta;
  }

  /** Rejects with the reason why nothing can be written. */
  async writable(): Promise<void> {
    if (this.#suspect || !this.#isOpen) await this.#recover();
    this.#requireAnswer();
  }

  /** Reads, whether or not writes are taken. */
  async read<T>(read: (database: LevelDatabase) => Promise<T>): Promise<T> {
    const database = await this.readable();
    return this.#disk.within(read(database)).catch((error: unknown) => {
      throw this.#disk.failure ? this.#failed(error) : error;
    });
  }

  /** The database for reading. */
  async readable(): Promise<LevelDatabase> {
    if (this.#isClosed) throw closed(this.directory);
    this.#requireAnswer();
    if (!this.#isOpen) await this.#recover();
    return this.#database;
  }

  /** Writes a group; resolves when it is on disk. Call `writable` before. */
  async commit({ writes, meta, texts }: Commit): Promise<void> {
    const before = this.#database.meta;
    try {
      await this.#database.commit(writes, meta, this.#disk);
    } catch (error) {
      this.#undo = { meta: before, revision: meta.revision, texts };
      this.#suspect = true;
      throw this.#failed(error);
    }
  }

  /** Call when no write is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    await this.#recovering?.catch(() => undefined);
    await this.#release();
  }

  /** Reopens the database; attempts do not overlap. Rejects with the reason why it cannot be. */
  async #recover(): Promise<void> {
    if (this.#isClosed) throw closed(this.directory);
    this.#requireAnswer();
    this.#recovering ??= this.#reopen().finally(() => {
      this.#recovering = undefined;
    });
    await this.#disk.within(this.#recovering).catch((error: unknown) => {
      throw this.#failed(error);
    });
  }

  async #reopen(): Promise<void> {
    try {
      // While the disk does not take it, the open database serves reads.
      await this.#database.probe();
      await this.#release();
      this.#database = await LevelDatabase.open(this.directory, this.#database);
      this.#isOpen = true;
      await this.#undoFailed(this.#database);
    } catch (error) {
      // A disk that must be unmounted to be repaired cannot be while its files are open.
      const failure = storeFailure(this.directory, error);
      if (needsRepair(failure)) await this.#release().catch(() => undefined);
      throw failure;
    }
    this.#suspect = false;
    this.#watch.recovered();
  }

  /** Closes the database, whatever state it is in. */
  async #release(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#database.close();
  }

  /** Undoes the failed write, if it did get to the disk. Its revisions are not used again. */
  async #undoFailed(database: LevelDatabase): Promise<void> {
    const undo = this.#undo;
    if (undo && database.meta.revision >= undo.revision) {
      const { entries } = undo.meta;
      const meta = { ...database.meta, entries, revision: database.meta.revision + 1 };
      await database.commit(undo.texts, meta, this.#disk);
    }
    this.#undo = undefined;
  }

  /** @throws StoreError while the disk does not answer. */
  #requireAnswer(): void {
    const late = this.#disk.failure;
    if (late) throw this.#failed(late);
  }

  #failed(error: unknown): StoreError {
    const failure = storeFailure(this.directory, error);
    if (!this.#isClosed) this.#watch.failed(failure);
    return failure;
  }
}

/** Whether an administrator has to do something to the file system before it can be used again. */
function needsRepair({ code }: StoreError): boolean {
  return code === "readOnly" || code === "io";
}
