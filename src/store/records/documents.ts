// SPDX-License-Identifier: Apache-2.0

import type { Entry, JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, readRecord, recordsIn } from "./keyspace.ts";

/** A policy or group as the user wrote it: a JSON object. */
export type StoredDocument = { readonly [key: string]: JsonValue };

/** A policy or group on disk. Only those of origin `api` are stored; those of files stay in their files. */
interface DocumentRecord {
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
type Expectation = number | "absent";

type PutOutcome =
  | { readonly type: "stored"; readonly created: boolean; readonly record: DocumentRecord }
  | { readonly type: "conflict"; readonly current?: number };

type RemoveOutcome =
  | { readonly type: "removed" }
  /** `current` is absent if there is no such document. */
  | { readonly type: "conflict"; readonly current?: number };

/** A document as stored; `revision` is the entry's. */
type DocumentValue = Omit<DocumentRecord, "revision" | "id">;

function keyspace(name: string, noun: string): Keyspace<DocumentValue> {
  return {
    name,
    migrations: [],
    parse: ({ document, createdAt, updatedAt }) => {
      if (!isObject(document)) return { damage: `it has no ${noun} document` };
      if (typeof createdAt !== "string" || typeof updatedAt !== "string") {
        return { damage: "it has no time of writing" };
      }
      return { document, createdAt, updatedAt };
    },
  };
}

const POLICIES = keyspace("policies", "policy");
const GROUPS = keyspace("groups", "group");

/** Documents on disk. A write resolves when it is durable. All methods reject with `StoreError`. */
class DocumentRecords {
  readonly #store: Store;
  readonly #now: () => Date;
  readonly #space: Keyspace<DocumentValue>;

  constructor(store: Store, now: () => Date, space: Keyspace<DocumentValue>) {
    this.#store = store;
    this.#now = now;
    this.#space = space;
  }

  /** Reads all records, sorted by id. */
  async load(): Promise<DocumentRecord[]> {
    const records: DocumentRecord[] = [];
    for await (const { id, entry, record } of recordsIn(this.#space, this.#store)) {
      const { document, createdAt, updatedAt } = record;
      records.push({ id, document, revision: entry.revision, createdAt, updatedAt });
    }
    return records;
  }

  /** Creates or replaces a document; a replaced one keeps its `createdAt`. */
  async put(id: string, document: StoredDocument, expected?: Expectation): Promise<PutOutcome> {
    const key = keyOf(this.#space, id);
    for (;;) {
      const entry = await this.#store.get(key);
      const current = entry?.revision;
      if (expected !== undefined && expected !== (current ?? "absent")) return conflict(current);
      const updatedAt = this.#now().toISOString();
      const createdAt = entry ? this.#createdAt(entry) : updatedAt;
      const value = { version: currentVersion(this.#space), document, createdAt, updatedAt };
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
    const key = keyOf(this.#space, id);
    for (;;) {
      const current = (await this.#store.get(key))?.revision;
      if (current === undefined) return { type: "conflict" };
      if (expected !== undefined && expected !== current) return conflict(current);
      const outcome = await this.#store.batch([{ type: "delete", key, expected: current }]);
      if (outcome.type === "committed") return { type: "removed" };
    }
  }

  #createdAt(entry: Entry): string {
    return readRecord(this.#space, entry, this.#store.directory).createdAt;
  }
}

/** The policies on disk. */
export class PolicyRecords extends DocumentRecords {
  /** @param now the current time. */
  constructor(store: Store, now: () => Date) {
    super(store, now, POLICIES);
  }
}

/** The groups on disk. */
export class GroupRecords extends DocumentRecords {
  /** @param now the current time. */
  constructor(store: Store, now: () => Date) {
    super(store, now, GROUPS);
  }
}

function conflict(current: number | undefined): { type: "conflict"; current?: number } {
  return current === undefined ? { type: "conflict" } : { type: "conflict", current };
}

function isObject(value: JsonValue | undefined): value is StoredDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
