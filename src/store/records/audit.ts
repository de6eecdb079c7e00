// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from "node:crypto";
import { isObject } from "../../lang/is-object.ts";
import type { Change, JsonValue, Store } from "../store.ts";
import {
  currentVersion,
  deleting,
  type Keyspace,
  keyOf,
  readRecord,
  recordsIn,
} from "./keyspace.ts";

type JsonObject = { readonly [key: string]: JsonValue };

/** A record of the audit: what it says, its place, and the seals of itself and of the record before. */
export type StoredAuditRecord = JsonObject & {
  /** 1 for the first. */
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly previous: string;
  readonly hash: string;
};

/** The last record. */
export interface StoredAuditHead {
  /** 0: there is none. */
  readonly sequence: number;
  readonly hash: string;
  readonly at?: string;
}

/** What a record says, given the revision of the write that it is part of. */
export type AuditContent = (revision: number) => JsonObject;

const NO_RECORD: StoredAuditHead = { sequence: 0, hash: "0".repeat(64) };

/** Keyed by the sequence number in sixteen digits. */
const RECORDS: Keyspace<{ record: StoredAuditRecord }> = {
  name: "audit",
  migrations: [],
  parse: ({ record }) => (isRecord(record) ? { record } : { damage: "it has no record" }),
};

const HEAD: Keyspace<StoredAuditHead> = {
  name: "audithead",
  migrations: [],
  parse: ({ sequence, hash, at }) =>
    typeof sequence === "number" && typeof hash === "string" && typeof at === "string"
      ? { sequence, hash, at }
      : { damage: "it has no sequence number and hash" },
};

const KEY: Keyspace<{ key: string }> = {
  name: "auditkey",
  migrations: [],
  parse: ({ key }) =>
    typeof key === "string" && /^[0-9a-f]{64}$/.test(key)
      ? { key }
      : { damage: "it has no key of 32 bytes" },
};
/** Id of the only record. */
const ONLY = "only";

/**
 * The audit on disk: an append-only chain of records, each sealed with a key of the store over the record before.
 * `appending` is a change for the batch of what the record is about: both are made, or none. All methods that
 * read or write reject with `StoreError`.
 */
export class AuditRecords {
  readonly #store: Store;
  readonly #key: Uint8Array;
  readonly #now: () => Date;

  private constructor(store: Store, key: Uint8Array, now: () => Date) {
    this.#store = store;
    this.#key = key;
    this.#now = now;
  }

  /** @param makeKey makes the key, 32 bytes in hex, the first time. */
  static async open(store: Store, makeKey: () => string, now: () => Date): Promise<AuditRecords> {
    return new AuditRecords(store, Buffer.from(await keyIn(store, makeKey), "hex"), now);
  }

  /** The change that appends a record. */
  appending(content: AuditContent): Change {
    return {
      type: "update",
      key: keyOf(HEAD, ONLY),
      update: (current, revision) => {
        const head = this.#headOf(current);
        const record = this.#sealed(head, content(revision));
        const { sequence, hash, at } = record;
        return {
          value: { version: currentVersion(HEAD), sequence, hash, at },
          added: [[keyOf(RECORDS, idOf(sequence)), { version: currentVersion(RECORDS), record }]],
        };
      },
    };
  }

  /** Appends records; resolves when they are durable. */
  async append(contents: readonly AuditContent[]): Promise<void> {
    if (contents.length > 0) await this.#store.batch(contents.map((each) => this.appending(each)));
  }

  /** The records after one, in their order. */
  async *after(sequence: number): AsyncGenerator<StoredAuditRecord> {
    const { directory } = this.#store;
    const after = keyOf(RECORDS, idOf(sequence));
    const range = { from: keyOf(RECORDS, ""), until: `${RECORDS.name}0`, after };
    for await (const entry of this.#store.range(range)) {
      yield readRecord(RECORDS, entry, directory).record;
    }
  }

  async head(): Promise<StoredAuditHead> {
    const entry = await this.#store.get(keyOf(HEAD, ONLY));
    return entry ? readRecord(HEAD, entry, this.#store.directory) : NO_RECORD;
  }

  /** Deletes records and appends one that says so, in one write. */
  async truncate(sequences: readonly number[], content: AuditContent): Promise<void> {
    const deletions = sequences.map((each) => deleting(RECORDS, idOf(each)));
    await this.#store.batch([...deletions, this.appending(content)]);
  }

  /** Whether a record is as it was appended. */
  isSealed({ hash, ...record }: JsonObject): boolean {
    if (typeof hash !== "string") return false;
    const [given, right] = [Buffer.from(hash), Buffer.from(this.#hashOf(record))];
    return given.length === right.length && timingSafeEqual(given, right);
  }

  /** Calls back for every record that is appended from now on, in order. */
  watch(listener: (record: StoredAuditRecord) => void): () => void {
    const { directory } = this.#store;
    const range = { from: keyOf(RECORDS, ""), until: `${RECORDS.name}0` };
    return this.#store.watch(range, (event) => {
      if (event.type === "put") listener(readRecord(RECORDS, event.entry, directory).record);
    });
  }

  #headOf(value: JsonValue | undefined): StoredAuditHead {
    if (value === undefined) return NO_RECORD;
    const entry = { key: keyOf(HEAD, ONLY), value, revision: 0 };
    return readRecord(HEAD, entry, this.#store.directory);
  }

  #sealed(head: StoredAuditHead, content: JsonObject): StoredAuditRecord {
    const sequence = head.sequence + 1;
    const at = this.#now().toISOString();
    const record = { ...content, sequence, at, previous: head.hash };
    return { ...record, hash: this.#hashOf(record) };
  }

  #hashOf(record: JsonObject): string {
    return createHmac("sha256", this.#key).update(canonicalJson(record)).digest("hex");
  }
}

async function keyIn(store: Store, make: () => string): Promise<string> {
  for await (const { record } of recordsIn(KEY, store)) return record.key;
  const key = make();
  await store.put(keyOf(KEY, ONLY), { version: currentVersion(KEY), key });
  return key;
}

/** JSON with the members of every object in the order of their names, and no space. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const own = value as JsonObject;
  const members = Object.keys(own)
    .filter((name) => own[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(own[name] ?? null)}`);
  return `{${members.join()}}`;
}

function idOf(sequence: number): string {
  return String(sequence).padStart(16, "0");
}

function isRecord(value: JsonValue | undefined): value is StoredAuditRecord {
  if (!isObject(value)) return false;
  const { sequence, at, previous, hash } = value as JsonObject;
  return (
    typeof sequence === "number" && [at, previous, hash].every((each) => typeof each === "string")
  );
}
