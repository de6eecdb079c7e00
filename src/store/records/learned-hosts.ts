// SPDX-License-Identifier: Apache-2.0

import type { Change, JsonValue, Store } from "../store.ts";
import { currentVersion, type Keyspace, keyOf, rangeOf, readRecord } from "./keyspace.ts";

/** A host learned from frames, as text and numbers. */
export interface LearnedHostRecord {
  /** Lower case with colons; the key. */
  readonly mac: string;
  /** Sixteen lower-case hex digits. */
  readonly dpid: string;
  readonly port: number;
  readonly ips: readonly string[];
  readonly vlans: readonly number[];
  /** Milliseconds since 1970. */
  readonly lastSeen: number;
}

const LEARNED_HOSTS: Keyspace<Omit<LearnedHostRecord, "mac">> = {
  name: "learned-hosts",
  migrations: [],
  parse: ({ dpid, port, ips, vlans, lastSeen }) =>
    typeof dpid === "string" &&
    typeof port === "number" &&
    typeof lastSeen === "number" &&
    isListOf(ips, "string") &&
    isListOf(vlans, "number")
      ? { dpid, port, ips, vlans, lastSeen }
      : { damage: "it has no place of the host" },
};

/** The learned hosts on disk. All methods reject with `StoreError`. */
export class LearnedHostRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, sorted by MAC address. */
  async load(): Promise<LearnedHostRecord[]> {
    const records: LearnedHostRecord[] = [];
    for await (const entry of this.#store.range(rangeOf(LEARNED_HOSTS))) {
      const mac = entry.key.slice(keyOf(LEARNED_HOSTS, "").length);
      records.push({ mac, ...readRecord(LEARNED_HOSTS, entry, this.#store.directory) });
    }
    return records;
  }

  /** Creates, replaces and removes records in one atomic batch; resolves when it is durable. */
  async write(put: readonly LearnedHostRecord[], remove: readonly string[]): Promise<void> {
    const version = currentVersion(LEARNED_HOSTS);
    const changes: Change[] = [
      ...put.map(({ mac, ...host }): Change => {
        return { type: "put", key: keyOf(LEARNED_HOSTS, mac), value: { version, ...host } };
      }),
      ...remove.map((mac): Change => ({ type: "delete", key: keyOf(LEARNED_HOSTS, mac) })),
    ];
    if (changes.length > 0) await this.#store.batch(changes);
  }
}

function isListOf(value: JsonValue | undefined, type: "string"): value is readonly string[];
function isListOf(value: JsonValue | undefined, type: "number"): value is readonly number[];
function isListOf(value: JsonValue | undefined, type: "string" | "number"): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type);
}
