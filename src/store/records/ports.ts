// SPDX-License-Identifier: Apache-2.0

import type { Change, JsonValue, Store } from "../store.ts";
import { currentVersion, deleting, type Keyspace, keyOf, recordsIn } from "./keyspace.ts";

/** A port as a switch reported it. */
type StoredPort = Readonly<{ no: number; name: string; hwAddr: number; up: boolean }>;

/** The last known ports of a switch. */
export interface PortRecord {
  /** Sixteen lower-case hex digits; the key. */
  readonly dpid: string;
  readonly ports: readonly StoredPort[];
}

const PORTS: Keyspace<{ ports: readonly StoredPort[] }> = {
  name: "ports",
  migrations: [],
  parse: ({ ports }) =>
    Array.isArray(ports) && ports.every(isStoredPort)
      ? { ports }
      : { damage: "it has no list of ports" },
};

/** The ports of switches on disk. All methods reject with `StoreError`. */
export class PortRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, sorted by datapath id. */
  async load(): Promise<PortRecord[]> {
    const records: PortRecord[] = [];
    for await (const { id, record } of recordsIn(PORTS, this.#store)) {
      records.push({ dpid: id, ...record });
    }
    return records;
  }

  /** Creates or replaces a record; resolves when it is durable. */
  async put({ dpid, ports }: PortRecord): Promise<void> {
    const list = ports.map(({ no, name, hwAddr, up }) => ({ no, name, hwAddr, up }));
    await this.#store.put(keyOf(PORTS, dpid), { version: currentVersion(PORTS), ports: list });
  }

  /** Deletes a record, if it exists, with further changes; resolves when that is durable. */
  async remove(dpid: string, also: readonly Change[] = []): Promise<void> {
    await this.#store.batch([deleting(PORTS, dpid), ...also]);
  }
}

function isStoredPort(value: JsonValue): value is StoredPort {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { no, name, hwAddr, up } = value as Readonly<Record<string, JsonValue>>;
  return (
    typeof no === "number" &&
    typeof name === "string" &&
    typeof hwAddr === "number" &&
    typeof up === "boolean"
  );
}
