// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { Steps } from "../lang/steps.ts";
import type { Meta } from "./meta.ts";
import type { StoredEntry } from "./record.ts";
import type { BatchOutcome, Change, JsonValue, StoreEvent } from "./store.ts";

/** The changes of one write to disk: the batches of a group, decided one after another. */
export class GroupPlan {
  /** The last state of every key that changes; undefined means deleted. */
  readonly writes = new Map<string, StoredEntry | undefined>();
  readonly events: StoreEvent[] = [];
  /** The keys of records that updates have added. */
  readonly added: string[] = [];
  meta: Meta;
  readonly #revisions: Map<string, number>;
  /** Before this group, of the keys that are updated. */
  readonly #values: ReadonlyMap<string, JsonValue>;

  constructor(
    meta: Meta,
    revisions: Map<string, number>,
    values: ReadonlyMap<string, JsonValue> = new Map(),
  ) {
    this.meta = meta;
    this.#revisions = revisions;
    this.#values = values;
  }

  /** Adds a batch if all its expectations hold; a step for each change. */
  *decide(changes: readonly Change[]): Steps<BatchOutcome> {
    for (const { key, expected } of changes) {
      yield;
      const current = this.#revisions.get(key);
      if (expected === undefined || expected === (current ?? "absent")) continue;
      return defined({ type: "conflict", key, current });
    }
    const revision = this.meta.revision + 1;
    for (const change of changes) {
      yield;
      this.#apply(change, revision);
    }
    this.meta = { ...this.meta, revision };
    return { type: "committed", revision };
  }

  #apply(change: Change, revision: number): void {
    const { key } = change;
    if (change.type === "put") this.#put(key, change.value, revision);
    else if (change.type === "delete") this.#delete(key, revision);
    else {
      const { value, added } = change.update(this.#valueOf(key), revision);
      this.#put(key, value, revision);
      for (const [own, record] of added) {
        this.added.push(own);
        this.#put(own, record, revision);
      }
    }
  }

  #put(key: string, value: JsonValue, revision: number): void {
    if (!this.#revisions.has(key)) this.#count(1);
    this.writes.set(key, { revision, value });
    this.#revisions.set(key, revision);
    this.events.push({ type: "put", entry: { key, value, revision } });
  }

  #delete(key: string, revision: number): void {
    this.writes.set(key, undefined);
    if (!this.#revisions.delete(key)) return;
    this.#count(-1);
    this.events.push({ type: "delete", key, revision });
  }

  #count(entries: number): void {
    this.meta = { ...this.meta, entries: this.meta.entries + entries };
  }

  /** The value of a key after the changes so far. */
  #valueOf(key: string): JsonValue | undefined {
    return this.writes.has(key) ? this.writes.get(key)?.value : this.#values.get(key);
  }
}
