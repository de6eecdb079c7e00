// SPDX-License-Identifier: Apache-2.0

import type { Change, JsonValue, Store } from "../store.ts";
import { deleting, type Keyspace, putting, recordsIn } from "./keyspace.ts";

/** A suspension of taps, as stored: of all taps, of a project, or of one policy. */
export interface SuspensionRecord {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason?: string;
  readonly by?: string;
  /** For a project: whose identity made it, `project` or `network`. */
  readonly madeBy?: string;
  /** For a policy: the write that it applies to. */
  readonly write?: string;
}

/** Keyed by `all`, by `project/` and its name, or by `policy/` and the policy's id. */
const SUSPENSIONS: Keyspace<SuspensionRecord> = {
  name: "suspensions",
  migrations: [],
  parse: ({ since, reason, by, madeBy, write }) => {
    if (typeof since !== "string") return { damage: "it has no start time" };
    return { since, ...texts({ reason, by, madeBy, write }) };
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

  /** Creates or replaces a record, with further changes; resolves when that is durable. */
  async put(
    id: string,
    { since, ...rest }: SuspensionRecord,
    also: readonly Change[] = [],
  ): Promise<void> {
    const members = { since, ...texts({ ...rest }) };
    await this.#store.batch([putting(SUSPENSIONS, id, members), ...also]);
  }

  /** Deletes a record, if it exists, with further changes; resolves when that is durable. */
  async remove(id: string, also: readonly Change[] = []): Promise<void> {
    await this.#store.batch([deleting(SUSPENSIONS, id), ...also]);
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
