// SPDX-License-Identifier: Apache-2.0

import type { Change, JsonValue, Store } from "../store.ts";
import { deleting, type Keyspace, putting, recordsIn } from "./keyspace.ts";

/** A host added over REST, as written: text and names, unresolved. */
export interface HostRecord {
  /** Lower case with colons; the key. */
  readonly mac: string;
  readonly document: { readonly [key: string]: JsonValue };
  readonly revision: number;
}

const HOSTS: Keyspace<{ document: HostRecord["document"] }> = {
  name: "hosts",
  migrations: [],
  parse: ({ document }) =>
    typeof document === "object" && !Array.isArray(document) && document !== null
      ? { document: document as HostRecord["document"] }
      : { damage: "it has no host document" },
};

/** The hosts that REST clients have added, on disk. All methods reject with `StoreError`. */
export class HostRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, sorted by MAC address. */
  async load(): Promise<HostRecord[]> {
    const hosts: HostRecord[] = [];
    for await (const { id, entry, record } of recordsIn(HOSTS, this.#store)) {
      hosts.push({ mac: id, document: record.document, revision: entry.revision });
    }
    return hosts;
  }

  /**
   * Creates, replaces and removes records, by MAC address, and makes `also` further changes: all or none.
   * Resolves when that is durable.
   */
  async write(
    put: ReadonlyMap<string, HostRecord["document"]>,
    remove: readonly string[],
    also: readonly Change[] = [],
  ): Promise<void> {
    const changes = [
      ...Array.from(put, ([mac, document]) => putting(HOSTS, mac, { document })),
      ...remove.map((mac) => deleting(HOSTS, mac)),
      ...also,
    ];
    if (changes.length > 0) await this.#store.batch(changes);
  }
}
