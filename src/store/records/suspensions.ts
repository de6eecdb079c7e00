// SPDX-License-Identifier: Apache-2.0

import type { JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, recordsIn } from "./keyspace.ts";

/** A suspension of taps, as stored: of all taps, or of one policy. */
export interface SuspensionRecord {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason?: string;
  readonly by?: string;
  /** For a policy: the write that it applies to. */
  readonly write?: string;
}

/** Keyed by `all`, or by `policy/` and the policy's id. */
const SUSPENSIONS: Keyspace<SuspensionRecord> = {
  name: "suspensions",
  migrations: [],
  parse: ({ since, reason, by, write }) => {
    if (typeof since !== "string") return { damage: "it has no start time" };
    return { since, ...texts({ reason, by, write }) };
  },
};

/** The suspensions on disk. All methods reject with `StoreError`. */
export class SuspensionRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, by `all` or `policy/` and the policy's id. */
  async load(): Promise<Map<string, SuspensionRecord>> {
    const records = new Map<string, SuspensionRecord>();
    for await (const { id, record } of recordsIn(SUSPENSIONS, this.#store)) records.set(id, record);
    return records;
  }

  /** Creates or replaces a record; resolves when it is durable. */
  async put(id: string, { since, ...rest }: SuspensionRecord): Promise<void> {
    const value = { version: currentVersion(SUSPENSIONS), since, ...texts({ ...rest }) };
    await this.#store.put(keyOf(SUSPENSIONS, id), value);
  }

  /** Resolves to whether the record existed, when its deletion is durable. */
  remove(id: string): Promise<boolean> {
    return this.#store.delete(keyOf(SUSPENSIONS, id));
  }
}

/** The members that are strings. */
function texts(members: Readonly<Record<string, JsonValue | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(members)) {
    if (typeof value === "string") found[key] = value;
  }
  return found;
}
