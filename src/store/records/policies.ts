// SPDX-License-Identifier: Apache-2.0

import type { Entry, JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, rangeOf, readRecord } from "./keyspace.ts";

/** A policy document as the user wrote it: a JSON object. */
export type StoredDocument = { readonly [key: string]: JsonValue };

/** A policy on disk. Only policies of origin `api` are stored; those of files stay in their files. */
export interface PolicyRecord {
  readonly id: string;
  /** The JSON as the user wrote it, with its `id`. */
  readonly document: StoredDocument;
  /** Revision of the store: grows with every write, and is never reused. */
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The condition of a change: the record's revision, or that there is no record. */
export type Expectation = number | "absent";

export type PutOutcome =
  | { readonly type: "stored"; readonly created: boolean; readonly record: PolicyRecord }
  | { readonly type: "conflict"; readonly current?: number };

export type RemoveOutcome =
  | { readonly type: "removed" }
  /** `current` is absent if there is no such policy. */
  | { readonly type: "conflict"; readonly current?: number };

/** A policy as stored; `revision` is the entry's. */
type PolicyValue = Omit<PolicyRecord, "revision" | "id">;

const POLICIES: Keyspace<PolicyValue> = {
  name: "policies",
  migrations: [],
  parse: ({ document, createdAt, updatedAt }) => {
    if (!isObject(document)) return { damage: "it has no policy document" };
    if (typeof createdAt !== "string" || typeof updatedAt !== "string") {
      return { damage: "it has no time of writing" };
    }
    return { document, createdAt, updatedAt };
  },
};

/** The policies on disk. A write resolves when it is durable. All methods reject with `StoreError`. */
export class PolicyRecords {
  readonly #store: Store;
  readonly #now: () => Date;

  /** @param now the current time. */
  constructor(store: Store, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  /** Reads all records, sorted by id. */
  async load(): Promise<PolicyRecord[]> {
    const records: PolicyRecord[] = [];
    for await (const entry of this.#store.range(rangeOf(POLICIES)))
      records.push(this.#record(entry));
    return records;
  }

  /** Creates or replaces a policy; a replaced policy keeps its `createdAt`. */
  async put(id: string, document: StoredDocument, expected?: Expectation): Promise<PutOutcome> {
    const key = keyOf(POLICIES, id);
    for (;;) {
      const entry = await this.#store.get(key);
      const current = entry?.revision;
      if (expected !== undefined && expected !== (current ?? "absent")) return conflict(current);
      const updatedAt = this.#now().toISOString();
      const createdAt = entry ? this.#record(entry).createdAt : updatedAt;
      const value = { version: currentVersion(POLICIES), document, createdAt, updatedAt };
      const outcome = await this.#store.compareAndSet(key, current ?? "absent", value);
      if (outcome.type === "conflict") continue;
      const { revision } = outcome;
      return {
        type: "stored",
        created: entry === undefined,
        record: { id, document, revision, createdAt, updatedAt },
      };
    }
  }

  async remove(id: string, expected?: number): Promise<RemoveOutcome> {
    const key = keyOf(POLICIES, id);
    for (;;) {
      const current = (await this.#store.get(key))?.revision;
      if (current === undefined) return { type: "conflict" };
      if (expected !== undefined && expected !== current) return conflict(current);
      const outcome = await this.#store.batch([{ type: "delete", key, expected: current }]);
      if (outcome.type === "committed") return { type: "removed" };
    }
  }

  #record(entry: Entry): PolicyRecord {
    const { document, createdAt, updatedAt } = readRecord(POLICIES, entry, this.#store.directory);
    const id = entry.key.slice(keyOf(POLICIES, "").length);
    return { id, document, revision: entry.revision, createdAt, updatedAt };
  }
}

function conflict(current: number | undefined): { type: "conflict"; current?: number } {
  return current === undefined ? { type: "conflict" } : { type: "conflict", current };
}

function isObject(value: JsonValue | undefined): value is StoredDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
