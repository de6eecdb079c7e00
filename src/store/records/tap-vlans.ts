// SPDX-License-Identifier: Apache-2.0
import type { Store } from "../store.ts";
import { damagedRecord } from "../store-failures.ts";
import { deleting, type Keyspace, keyOf, putting, recordsIn } from "./keyspace.ts";

/** A VLAN id that is held for the copies to a monitor. */
export interface TapVlanRecord {
  /** 1 to 4094; the key, as four decimal digits. */
  readonly id: number;
  /** What it is held for: the compiler's text for the monitor. */
  readonly key: string;
}

/** `key` undefined: the id is held for nothing. */
export interface TapVlanRecordChange {
  readonly id: number;
  readonly key: string | undefined;
}

const TAP_VLANS: Keyspace<{ key: string }> = {
  name: "tap-vlans",
  migrations: [],
  parse: ({ key }) =>
    typeof key === "string" && key !== "" ? { key } : { damage: "it names no monitor" },
};

const MAX_ID = 4094;

/** The held VLAN ids on disk. All methods reject with `StoreError`. */
export class TapVlanRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records, sorted by VLAN id. */
  async load(): Promise<TapVlanRecord[]> {
    const records: TapVlanRecord[] = [];
    const keys = new Set<string>();
    for await (const { id: text, record } of recordsIn(TAP_VLANS, this.#store)) {
      const damaged = (what: string) =>
        damagedRecord(this.#store.directory, keyOf(TAP_VLANS, text), what);
      const id = parseId(text);
      if (id === undefined) throw damaged("it has no VLAN id");
      if (keys.has(record.key)) throw damaged("another record has the same monitor");
      keys.add(record.key);
      records.push({ id, key: record.key });
    }
    return records;
  }

  /** Creates, replaces and removes records in one atomic batch; resolves when it is durable. */
  async write(changes: readonly TapVlanRecordChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#store.batch(
      changes.map(({ id, key }) => {
        const text = formatId(id);
        return key === undefined ? deleting(TAP_VLANS, text) : putting(TAP_VLANS, text, { key });
      }),
    );
  }
}

function formatId(id: number): string {
  return String(id).padStart(4, "0");
}

function parseId(text: string): number | undefined {
  const id = Number(text);
  return id >= 1 && id <= MAX_ID && formatId(id) === text ? id : undefined;
}
