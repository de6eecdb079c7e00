// SPDX-License-Identifier: Apache-2.0

import { isObject } from "../../lang/is-object.ts";
import type { JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, recordsIn } from "./keyspace.ts";

/** A port of a switch, and the port at the other end of its link. */
type StoredLink = Readonly<{
  port: number;
  peer: Readonly<{ dpid: string; port: number }>;
  isDoubtful?: true;
}>;

/** What link discovery knows of the ports of a switch. */
export interface DiscoveryRecord {
  /** Sixteen lower-case hex digits; the key. */
  readonly dpid: string;
  /** Ports that lead to no switch. */
  readonly edges: readonly number[];
  readonly links: readonly StoredLink[];
}

const DISCOVERY: Keyspace<Omit<DiscoveryRecord, "dpid">> = {
  name: "discovery",
  migrations: [],
  parse: ({ edges, links }) =>
    isListOf(edges, isPort) && isListOf(links, isStoredLink)
      ? { edges, links }
      : { damage: "it has no lists of edges and links" },
};

const PROBE_KEY: Keyspace<{ key: string }> = {
  name: "probekey",
  migrations: [],
  parse: ({ key }) =>
    typeof key === "string" && /^([0-9a-f]{2}){32}$/.test(key)
      ? { key }
      : { damage: "it has no key of 32 bytes" },
};
/** Id of the only record. */
const ONLY = "only";

/** The memory of link discovery on disk. All methods reject with `StoreError`. */
export class DiscoveryRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, sorted by datapath id. */
  async load(): Promise<DiscoveryRecord[]> {
    const records: DiscoveryRecord[] = [];
    for await (const { id, record } of recordsIn(DISCOVERY, this.#store)) {
      records.push({ dpid: id, ...record });
    }
    return records;
  }

  /** Creates or replaces a record; resolves when it is durable. */
  async put({ dpid, edges, links }: DiscoveryRecord): Promise<void> {
    const value = { version: currentVersion(DISCOVERY), edges, links };
    await this.#store.put(keyOf(DISCOVERY, dpid), value);
  }

  /** Resolves when the deletion is durable. */
  async remove(dpid: string): Promise<void> {
    await this.#store.delete(keyOf(DISCOVERY, dpid));
  }

  /** The key that signs probes: 32 bytes in hex, created by `make` the first time. */
  async probeKey(make: () => string): Promise<string> {
    for await (const { record } of recordsIn(PROBE_KEY, this.#store)) return record.key;
    const key = make();
    await this.#store.put(keyOf(PROBE_KEY, ONLY), { version: currentVersion(PROBE_KEY), key });
    return key;
  }
}

function isListOf<T extends JsonValue>(
  value: JsonValue | undefined,
  isMember: (value: JsonValue) => value is T,
): value is readonly T[] {
  return Array.isArray(value) && value.every(isMember);
}

function isPort(value: JsonValue): value is number {
  return typeof value === "number" && Number.isInteger(value);
}

function isStoredLink(value: JsonValue): value is StoredLink {
  if (!isObject(value) || !isPort(value.port ?? null)) return false;
  const { peer, isDoubtful = true } = value;
  if (isDoubtful !== true) return false;
  return isObject(peer) && typeof peer.dpid === "string" && isPort(peer.port ?? null);
}
