// SPDX-License-Identifier: Apache-2.0

import type { Change, JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, rangeOf, readRecord } from "./keyspace.ts";

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
    for await (const entry of this.#store.range(rangeOf(HOSTS))) {
      const { document } = readRecord(HOSTS, entry, this.#store.directory);
      const mac = entry.key.slice(keyOf(HOSTS, "").length);
      hosts.push({ mac, document, revision: entry.revision });
    }
    return hosts;
  }

  /** Creates, replaces and removes records, by MAC address: all or none. Resolves when that is durable. */
  async write(
    put: ReadonlyMap<string, HostRecord["document"]>,
    remove: readonly string[],
  ): Promise<void> {
    const version = currentVersion(HOSTS);
    const changes: Change[] = [
      ...[...put].map(([mac, document]): Change => {
        return { type: "put", key: keyOf(HOSTS, mac), value: { version, document } };
      }),
      ...remove.map((mac): Change => ({ type: "delete", key: keyOf(HOSTS, mac) })),
    ];
    if (changes.length > 0) await this.#store.batch(changes);
  }
}
