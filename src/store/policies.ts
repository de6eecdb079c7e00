import type { JsonValue } from "./store.ts";

/** A policy document as the user wrote it: a JSON object. */
export type StoredDocument = { readonly [key: string]: JsonValue };

/** A policy on disk. Only policies of origin `api` are here: those of files live in their files. */
export interface PolicyRecord {
  readonly id: string;
  /** The JSON as the user wrote it, with its `id`. */
  readonly document: StoredDocument;
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What must hold of the record for a change to be made: its revision, or that there is none. */
export type Expectation = number | "absent";

export type PutOutcome =
  | { readonly type: "stored"; readonly created: boolean; readonly record: PolicyRecord }
  | { readonly type: "conflict"; readonly current?: number };

export type RemoveOutcome =
  | { readonly type: "removed" }
  | { readonly type: "conflict"; readonly current?: number };

/** The policies on disk. A write resolves only when it is durable. Rejects with `StoreError`. */
export interface PolicyRecords {
  /** All of them, in the order of their ids. */
  load(): Promise<PolicyRecord[]>;
  /** Creates or replaces; keeps `createdAt` of what it replaces. */
  put(id: string, document: StoredDocument, expected?: Expectation): Promise<PutOutcome>;
  /** `conflict` without `current` when there is none. */
  remove(id: string, expected?: number): Promise<RemoveOutcome>;
}
