// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import type { Steps } from "../lang/steps.ts";
import type { Meta } from "./meta.ts";
import type { StoredEntry } from "./record.ts";
import type { BatchOutcome, Change, StoreEvent } from "./store.ts";

/** The changes of one write to disk: the batches of a group, decided one after another. */
export class GroupPlan {
  /** The last state of every key that changes; undefined means deleted. */
  readonly writes = new Map<string, StoredEntry | undefined>();
  readonly events: StoreEvent[] = [];
  meta: Meta;
  readonly #revisions: Map<string, number>;

  constructor(meta: Meta, revisions: Map<string, number>) {
    this.meta = meta;
    this.#revisions = revisions;
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
    const before = this.#revisions.has(key) ? 1 : 0;
    if (change.type === "put") {
      const { value } = change;
      this.writes.set(key, { revision, value });
      this.#revisions.set(key, revision);
      this.events.push({ type: "put", entry: { key, value, revision } });
    } else {
      this.writes.set(key, undefined);
      this.#revisions.delete(key);
      if (before === 1) this.events.push({ type: "delete", key, revision });
    }
    const after = change.type === "put" ? 1 : 0;
    this.meta = { ...this.meta, entries: this.meta.entries + after - before };
  }
}
