// SPDX-License-Identifier: Apache-2.0
import type { PolicyJson } from "./policy-registry.ts";

/** A policy or group as the store has put it on disk. */
export interface StoredJson {
  readonly id: string;
  readonly document: PolicyJson;
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * Stores the policies, or the groups, written over REST. A write resolves only when it is durable, and
 * rejects otherwise.
 */
export interface DocumentStore {
  load(): Promise<readonly StoredJson[]>;
  put(id: string, document: PolicyJson): Promise<StoredJson>;
  remove(id: string): Promise<void>;
}
