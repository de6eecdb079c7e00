/** A JSON value: what a store keeps. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A key with its value, and the revision of the write that put it there. */
export interface Entry {
  readonly key: string;
  readonly value: JsonValue;
  /** Grows with every write of the store as a whole; no number is ever used twice. */
  readonly revision: number;
}

/** A range of keys in ascending order (UTF-8 bytes). */
export interface KeyRange {
  /** First key. */
  readonly from: string;
  /** First key after the range. */
  readonly until: string;
  /** Only keys after this one. */
  readonly after?: string;
  /** At most this many. */
  readonly limit?: number;
}

/**
 * One change of one key.
 *
 * `expected` is the compare of compare-and-set: the revision the key must have, or `absent`. Without it
 * the change is made whatever is there.
 */
export type Change = (
  | { readonly type: "put"; readonly key: string; readonly value: JsonValue }
  | { readonly type: "delete"; readonly key: string }
) & { readonly expected?: number | "absent" };

/** All changes of a batch were made at one revision, or none was. */
export type BatchOutcome =
  | { readonly type: "committed"; readonly revision: number }
  /** The first key that is not as expected; `current` is absent when there is no such key. */
  | { readonly type: "conflict"; readonly key: string; readonly current?: number };

/** A committed change, as watchers see it. */
export type StoreEvent =
  | { readonly type: "put"; readonly entry: Entry }
  | { readonly type: "delete"; readonly key: string; readonly revision: number };

/**
 * An ordered key-value store with revisions: the small interface that the embedded database and,
 * later, a distributed one offer alike.
 *
 * A write resolves only when it is durable. Everything rejects with `StoreError` when the disk or the
 * database fails; a conflict is an outcome, not an error.
 */
export interface Store {
  /** Where it keeps its data, for messages. */
  readonly directory: string;
  get(key: string): Promise<Entry | undefined>;
  range(range: KeyRange): AsyncIterable<Entry>;
  /** Puts whatever is there; resolves to the entry as written. */
  put(key: string, value: JsonValue): Promise<Entry>;
  /** Resolves to whether there was something to delete. */
  delete(key: string): Promise<boolean>;
  /** Puts when the key has the expected revision (or is absent). */
  compareAndSet(key: string, expected: number | "absent", value: JsonValue): Promise<BatchOutcome>;
  /** Changes several keys at once, all or none. A key may occur once. */
  batch(changes: readonly Change[]): Promise<BatchOutcome>;
  /** Calls back for every committed change in the range, in order; returns how to stop. */
  watch(range: Pick<KeyRange, "from" | "until">, listener: (event: StoreEvent) => void): () => void;
  /** Waits for what is being written, then closes. Later calls reject with code `closed`. */
  close(): Promise<void>;
}
