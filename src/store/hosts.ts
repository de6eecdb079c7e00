// SPDX-License-Identifier: Apache-2.0
import { currentVersion, type Keyspace, keyOf, rangeOf, readRecord } from "./keyspace.ts";
import type { JsonValue, Store } from "./store.ts";

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

  /** Creates or replaces a record; resolves when it is durable. */
  async put(mac: string, document: HostRecord["document"]): Promise<HostRecord> {
    const value = { version: currentVersion(HOSTS), document };
    const { revision } = await this.#store.put(keyOf(HOSTS, mac), value);
    return { mac, document, revision };
  }

  /** Resolves to whether the host existed, when its deletion is durable. */
  remove(mac: string): Promise<boolean> {
    return this.#store.delete(keyOf(HOSTS, mac));
  }
}
