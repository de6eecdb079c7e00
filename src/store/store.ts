// SPDX-License-Identifier: Apache-2.0
import type { StoreHealth } from "./store-health.ts";

/** A JSON value, as the store keeps it. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A key with its value, and the revision of its last write. */
export interface Entry {
  readonly key: string;
  readonly value: JsonValue;
  /** Grows with every write to the store; never reused. */
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
  /** Maximum number of entries. */
  readonly limit?: number;
}

/**
 * One change of one key.
 *
 * `expected` is the condition of compare-and-set: the revision that the key must have, or `absent`.
 * Without it the change is unconditional.
 */
export type Change = (
  | { readonly type: "put"; readonly key: string; readonly value: JsonValue }
  | { readonly type: "delete"; readonly key: string }
  /** Computed when the batch is made, from the value that the key then has. */
  | { readonly type: "update"; readonly key: string; readonly update: Update }
) & { readonly expected?: number | "absent" };

/** What a key gets instead of its present value, and records that are made with it. */
type Update = (
  current: JsonValue | undefined,
  revision: number,
) => {
  readonly value: JsonValue;
  /** Under keys that no record has. */
  readonly added: readonly (readonly [key: string, value: JsonValue])[];
};

/** All changes of a batch are made at one revision, or none is. */
export type BatchOutcome =
  | { readonly type: "committed"; readonly revision: number }
  /** The first key that is not as expected; `current` is absent when there is no such key. */
  | { readonly type: "conflict"; readonly key: string; readonly current?: number };

/** A committed change, as published to watchers. */
export type StoreEvent =
  | { readonly type: "put"; readonly entry: Entry }
  | { readonly type: "delete"; readonly key: string; readonly revision: number };

/**
 * An ordered key-value store with revisions: a small interface for the embedded database and, later, a
 * distributed one.
 *
 * A write resolves only when it is durable. Everything rejects with `StoreError` when the disk or the
 * database fails; a conflict is an outcome, not an error.
 */
export interface Store {
  /** Directory of its data, for messages. */
  readonly directory: string;
  get(key: string): Promise<Entry | undefined>;
  range(range: KeyRange): AsyncIterable<Entry>;
  /** Creates or replaces unconditionally; resolves to the entry as written. */
  put(key: string, value: JsonValue): Promise<Entry>;
  /** Resolves to whether the key existed. */
  delete(key: string): Promise<boolean>;
  /** Puts if the key has the expected revision (or is absent). */
  compareAndSet(key: string, expected: number | "absent", value: JsonValue): Promise<BatchOutcome>;
  /** Changes several keys atomically. A key may occur only once, but may be updated several times. */
  batch(changes: readonly Change[]): Promise<BatchOutcome>;
  /** Calls the listener for every committed change in the range, in order; returns an unsubscribe function. */
  watch(range: Pick<KeyRange, "from" | "until">, listener: (event: StoreEvent) => void): () => void;
  /** Whether writes are taken. While they are not, the store tries by itself and at every write to take them again. */
  readonly health: StoreHealth;
  /** Calls back when the store begins or ends to fail, or fails for another reason. */
  onHealth(listener: (health: StoreHealth) => void): void;
  /** Waits for pending writes, then closes. Later calls reject with code `closed`. */
  close(): Promise<void>;
}
