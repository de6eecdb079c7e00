// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../../runtime/index.ts";
import type { Change, JsonValue, Store } from "../store.ts";
import { deleting, type Keyspace, putting, recordsIn, type VersionedRecord } from "./keyspace.ts";

/** Packets and bytes copied, packets and bytes delivered, packets lost. */
export type StoredTotals = readonly [number, number, number, number, number];

/** The counters of a policy. */
export interface PolicyCountersRecord {
  readonly id: string;
  /** Distinguishes the policy from an earlier one with the same id. */
  readonly born: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Hash of the entries that it counted. */
  readonly trails: number;
  readonly total: StoredTotals;
  readonly monitors: Readonly<Record<string, StoredTotals>>;
  /** Monitors whose totals lack copies, or may lack some. Absent: none. */
  readonly miscounted?: readonly string[];
  /** When the last copies were counted, in milliseconds since 1970. Absent: none were, or by an earlier version. */
  readonly copiedAt?: number;
}

/** Copies that have not arrived yet. */
interface StoredWaiting {
  readonly mark: string;
  readonly packets: number;
  readonly bytes: number;
  /** Ids of the policies that they belong to. */
  readonly policies: readonly string[];
}

/** Last counter reading of a flow entry. */
export interface StoredReading {
  /** Sixteen hex digits. */
  readonly cookie: string;
  readonly packets: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** When the entry was added, in milliseconds since 1970. */
  readonly bornAt: number;
  /** -1: none. */
  readonly group: number;
  /** Copies that have not arrived yet. */
  readonly waiting: readonly StoredWaiting[];
  /** Copies that arrived before they were counted as sent. */
  readonly early: number;
}

/** Part of the last readings of a switch. */
export interface ReadingsRecord {
  /** Sixteen lower-case hex digits. */
  readonly dpid: string;
  readonly part: number;
  readonly readings: readonly StoredReading[];
}

/** One atomic batch. */
export interface CountersWrite {
  readonly policies: readonly PolicyCountersRecord[];
  /** Ids of policies whose counters are forgotten. */
  readonly removed: readonly string[];
  /** Replace the same parts; a part without readings is deleted. */
  readonly entries: readonly ReadingsRecord[];
}

/** Record of a policy (key `policy/ID`) or of a part of a switch (key `switch/DPID/PART`). */
type CountersRecord =
  | { readonly policy: Omit<PolicyCountersRecord, "id"> }
  | { readonly readings: readonly StoredReading[] };

const COUNTERS: Keyspace<CountersRecord> = {
  name: "counters",
  migrations: [],
  parse: (record) =>
    parsePolicy(record) ?? parseReadings(record) ?? { damage: "it holds no counters" },
};

/** Counters on disk. All methods reject with `StoreError`. */
export class CounterRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads all records. */
  async load(): Promise<Pick<CountersWrite, "policies" | "entries">> {
    const policies: PolicyCountersRecord[] = [];
    const entries: ReadingsRecord[] = [];
    for await (const { id, record } of recordsIn(COUNTERS, this.#store)) {
      const [, first = "", second = ""] = id.split("/");
      if ("policy" in record) policies.push({ id: first, ...record.policy });
      else entries.push({ dpid: first, part: Number(second), readings: record.readings });
    }
    return { policies, entries };
  }

  /** Resolves when the batch is durable. */
  async write({ policies, removed, entries }: CountersWrite): Promise<void> {
    const changes: Change[] = [];
    for (const id of removed) changes.push(deleting(COUNTERS, `policy/${id}`));
    const timer = new YieldTimer();
    for (const { id, ...members } of policies) {
      if (timer.shouldYield) await timer.yieldNow();
      changes.push(putting(COUNTERS, `policy/${id}`, members));
    }
    for (const { dpid, part, readings } of entries) {
      if (timer.shouldYield) await timer.yieldNow();
      const id = `switch/${dpid}/${part}`;
      const isEmpty = readings.length === 0;
      changes.push(
        isEmpty ? deleting(COUNTERS, id) : putting(COUNTERS, id, { readings: readings.map(rowOf) }),
      );
    }
    if (changes.length > 0) await this.#store.batch(changes);
  }
}

/** A reading as stored: a list, to save space, as there may be ten thousand. */
function rowOf(reading: StoredReading) {
  const { cookie, packets, bytes, durationMs, bornAt, group, waiting, early } = reading;
  const rows = waiting.map((each) => [each.mark, each.packets, each.bytes, ...each.policies]);
  return [cookie, packets, bytes, durationMs, bornAt, group, early, ...rows];
}

function parsePolicy({
  born,
  since,
  trails,
  total,
  monitors,
  miscounted,
  copiedAt,
}: VersionedRecord): CountersRecord | undefined {
  if (typeof born !== "string" || typeof since !== "string" || typeof trails !== "number") {
    return undefined;
  }
  if (typeof monitors !== "object" || monitors === null || Array.isArray(monitors))
    return undefined;
  const all = Object.entries(monitors as Readonly<Record<string, JsonValue>>);
  if (!isTotals(total) || !all.every(([, each]) => isTotals(each))) return undefined;
  const known = monitors as Readonly<Record<string, StoredTotals>>;
  const policy = { born, since, trails, total, monitors: known };
  return {
    policy: {
      ...policy,
      ...(isTexts(miscounted) ? { miscounted } : {}),
      ...(typeof copiedAt === "number" ? { copiedAt } : {}),
    },
  };
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isTotals(value: JsonValue | undefined): value is StoredTotals {
  return Array.isArray(value) && value.length === 5 && value.every(isCount);
}

function isCount(value: JsonValue): value is number {
  return typeof value === "number" && value >= 0;
}

function parseReadings({ readings }: VersionedRecord): CountersRecord | undefined {
  if (!Array.isArray(readings)) return undefined;
  const found: StoredReading[] = [];
  for (const row of readings as readonly JsonValue[]) {
    const reading = parseRow(row);
    if (!reading) return undefined;
    found.push(reading);
  }
  return { readings: found };
}

function parseRow(row: JsonValue): StoredReading | undefined {
  if (!Array.isArray(row)) return undefined;
  const [cookie, packets, bytes, durationMs, bornAt, group, early, ...waiting] =
    row as readonly JsonValue[];
  if (typeof cookie !== "string" || !/^[0-9a-f]{16}$/.test(cookie)) return undefined;
  const counts = [packets, bytes, durationMs, bornAt, early];
  if (!counts.every((each) => each !== undefined && isCount(each))) return undefined;
  const rows = waiting.map(parseWaiting);
  if (typeof group !== "number" || !rows.every((each) => each !== undefined)) return undefined;
  return {
    cookie,
    packets: packets as number,
    bytes: bytes as number,
    durationMs: durationMs as number,
    bornAt: bornAt as number,
    group,
    early: early as number,
    waiting: rows,
  };
}

function parseWaiting(row: JsonValue): StoredWaiting | undefined {
  if (!Array.isArray(row)) return undefined;
  const [mark, packets, bytes, ...policies] = row as readonly JsonValue[];
  if (typeof mark !== "string" || !isTexts(policies)) return undefined;
  if (packets === undefined || bytes === undefined || !isCount(packets) || !isCount(bytes)) {
    return undefined;
  }
  return { mark, packets, bytes, policies };
}
