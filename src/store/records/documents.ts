// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import { isObject } from "../../lang/is-object.ts";
import type { Change, Entry, JsonValue, Store } from "../store.ts";
import {
  currentVersion,
  deleting,
  type Keyspace,
  keyOf,
  putting,
  readRecord,
  recordsIn,
} from "./keyspace.ts";

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
  /** The set that has applied it; absent: none. */
  readonly set?: string;
  /** The user who created it; absent: it was stored before that was recorded. */
  readonly requester?: string;
}

/** What is written with a document. */
interface WriteOptions {
  /** The user who writes it: its requester, if it is new. */
  readonly requester?: string;
  /** Further changes of the same batch. */
  readonly also?: readonly Change[];
}

/** Changes of the policies, or of the groups, by a set. */
interface SetChanges {
  /** Documents to create or replace; `createdAt` and `requester` are kept of those that are replaced. */
  readonly put: readonly {
    readonly id: string;
    readonly document: StoredDocument;
    readonly createdAt?: string;
    readonly requester?: string;
  }[];
  /** Ids. */
  readonly remove: readonly string[];
}

/** Changes of policies and groups by a set. */
interface SetBatch {
  /** Name of the set. */
  readonly set: string;
  readonly policies: SetChanges;
  readonly groups: SetChanges;
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
    parse: ({ document, createdAt, updatedAt, set, requester }) => {
      if (!isObject(document)) return { damage: `it has no ${noun} document` };
      if (typeof createdAt !== "string" || typeof updatedAt !== "string") {
        return { damage: "it has no time of writing" };
      }
      const ofSet = typeof set === "string" ? { set } : {};
      const by = typeof requester === "string" ? { requester } : {};
      return { document, createdAt, updatedAt, ...ofSet, ...by };
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
      records.push({ id, revision: entry.revision, ...record });
    }
    return records;
  }

  /** Creates or replaces a document; a replaced one keeps its `createdAt`, its set and its requester. */
  async put(
    id: string,
    document: StoredDocument,
    expected?: Expectation,
    { requester, also = [] }: WriteOptions = {},
  ): Promise<PutOutcome> {
    const key = keyOf(this.#space, id);
    for (;;) {
      const entry = await this.#store.get(key);
      const current = entry?.revision;
      if (expected !== undefined && expected !== (current ?? "absent")) return conflict(current);
      const updatedAt = this.#now().toISOString();
      const made = { createdAt: updatedAt, ...defined({ requester }) };
      const kept = entry ? this.#kept(entry) : made;
      const record = { document, ...kept, updatedAt };
      const value = { version: currentVersion(this.#space), ...record };
      const putting = { type: "put", key, value, expected: current ?? "absent" } as const;
      const outcome = await this.#store.batch([putting, ...also]);
      if (outcome.type === "conflict") continue;
      const { revision } = outcome;
      return {
        type: "stored",
        created: entry === undefined,
        record: { id, revision, ...record },
      };
    }
  }

  /** `also`: further changes of the same batch. */
  async remove(
    id: string,
    expected?: number,
    also: readonly Change[] = [],
  ): Promise<RemoveOutcome> {
    const key = keyOf(this.#space, id);
    for (;;) {
      const current = (await this.#store.get(key))?.revision;
      if (current === undefined) return { type: "conflict" };
      if (expected !== undefined && expected !== current) return conflict(current);
      const deletion = { type: "delete", key, expected: current } as const;
      const outcome = await this.#store.batch([deletion, ...also]);
      if (outcome.type === "committed") return { type: "removed" };
    }
  }

  /** What a document keeps when it is replaced. */
  #kept(entry: Entry): Pick<DocumentValue, "createdAt" | "set" | "requester"> {
    const { createdAt, set, requester } = readRecord(this.#space, entry, this.#store.directory);
    return { createdAt, ...defined({ set, requester }) };
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

/** Sets of policies and groups on disk. Rejects with `StoreError`. */
export class DocumentSets {
  readonly #store: Store;
  readonly #now: () => Date;

  /** @param now the current time. */
  constructor(store: Store, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Makes all changes of a batch and `also` further ones, at one revision, or none. Resolves when they are
   * durable.
   */
  async write({ set, policies, groups }: SetBatch, also: readonly Change[] = []) {
    const updatedAt = this.#now().toISOString();
    const changesIn = (space: Keyspace<DocumentValue>, { put, remove }: SetChanges) => [
      ...put.map(({ id, document, createdAt = updatedAt, requester }) =>
        putting(space, id, { document, createdAt, updatedAt, set, ...defined({ requester }) }),
      ),
      ...remove.map((id) => deleting(space, id)),
    ];
    const changes = [...changesIn(POLICIES, policies), ...changesIn(GROUPS, groups), ...also];
    const outcome = await this.#store.batch(changes);
    // Without an expected revision, no conflict is possible.
    if (outcome.type !== "committed") throw new Error(`${outcome.key} was not stored`);
    return { revision: outcome.revision, updatedAt };
  }
}

function conflict(current: number | undefined): { type: "conflict"; current?: number } {
  return current === undefined ? { type: "conflict" } : { type: "conflict", current };
}
