// SPDX-License-Identifier: Apache-2.0

import { isObject } from "../../lang/is-object.ts";
import type { JsonValue, Store } from "../store.ts";
import { deleting, type Keyspace, putting, recordsIn } from "./keyspace.ts";

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
  /** The ports that it has left; absent: none. */
  readonly formerly?: readonly StoredPlace[];
}

/** A port of a switch, by sixteen lower-case hex digits. */
type StoredPlace = Readonly<{ dpid: string; port: number }>;

const LEARNED_HOSTS: Keyspace<Omit<LearnedHostRecord, "mac">> = {
  name: "learned-hosts",
  migrations: [],
  parse: ({ dpid, port, ips, vlans, lastSeen, formerly = [] }) =>
    typeof dpid === "string" &&
    typeof port === "number" &&
    typeof lastSeen === "number" &&
    isListOf(ips, "string") &&
    isListOf(vlans, "number") &&
    isListOfPlaces(formerly)
      ? { dpid, port, ips, vlans, lastSeen, ...(formerly.length === 0 ? {} : { formerly }) }
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
    for await (const { id, record } of recordsIn(LEARNED_HOSTS, this.#store)) {
      records.push({ mac: id, ...record });
    }
    return records;
  }

  /** Creates, replaces and removes records in one atomic batch; resolves when it is durable. */
  async write(put: readonly LearnedHostRecord[], remove: readonly string[]): Promise<void> {
    const changes = [
      ...put.map(({ mac, ...host }) => putting(LEARNED_HOSTS, mac, host)),
      ...remove.map((mac) => deleting(LEARNED_HOSTS, mac)),
    ];
    if (changes.length > 0) await this.#store.batch(changes);
  }
}

function isListOfPlaces(value: JsonValue): value is readonly StoredPlace[] {
  return (
    Array.isArray(value) &&
    value.every(
      (each) => isObject(each) && typeof each.dpid === "string" && typeof each.port === "number",
    )
  );
}

function isListOf(value: JsonValue | undefined, type: "string"): value is readonly string[];
function isListOf(value: JsonValue | undefined, type: "number"): value is readonly number[];
function isListOf(value: JsonValue | undefined, type: "string" | "number"): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type);
}
