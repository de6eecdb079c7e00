// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from "../../contract/audit/audit.ts";
import { defined } from "../../lang/defined.ts";
import type { PolicyJson } from "./policy-registry.ts";

/** A policy or group as the store has put it on disk. */
export interface StoredJson {
  readonly id: string;
  readonly document: PolicyJson;
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
export interface WriteNotes {
  /** The user who writes it: its requester, if it is new. */
  readonly requester?: string;
  readonly audit: readonly AuditEntry[];
}

/**
 * Stores the policies, or the groups, written over REST. A write resolves only when it is durable, and
 * rejects otherwise; records of the audit are part of it.
 */
export interface DocumentStore {
  load(): Promise<readonly StoredJson[]>;
  /** Creates or replaces one; a replaced one stays in its set and keeps its requester. */
  put(id: string, document: PolicyJson, notes?: WriteNotes): Promise<StoredJson>;
  remove(id: string, audit?: readonly AuditEntry[]): Promise<void>;
}

/** A policy or group that a set writes. */
interface SetDocument {
  readonly id: string;
  readonly document: PolicyJson;
  /** ISO 8601, UTC; absent: it is new. */
  readonly createdAt?: string;
  readonly requester?: string;
}

/** The changes of a set in the policies, or in the groups, on disk. */
interface SetChanges {
  readonly put: readonly SetDocument[];
  readonly remove: readonly string[];
}

/** What a set changes on disk. */
interface SetBatch {
  /** Name of the set, for the documents that it writes. */
  readonly set: string;
  readonly policies: SetChanges;
  readonly groups: SetChanges;
}

/** Stores policies and groups together. */
export interface DocumentSetStore {
  /** Makes all changes of a batch, at one revision, or none. Resolves when they are durable. */
  write(
    batch: SetBatch,
    audit?: readonly AuditEntry[],
  ): Promise<Pick<StoredJson, "revision" | "updatedAt">>;
}

/** The origin of a stored policy or group. */
export function storedOrigin({ set }: Pick<StoredJson, "set">) {
  return { kind: "api", ...defined({ set }) } as const;
}
