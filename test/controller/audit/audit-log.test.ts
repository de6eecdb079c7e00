// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { AuditRecord } from "../../../src/contract/audit/audit.ts";
import { ChainCheck } from "../../../src/contract/audit/audit-chain.ts";
import { AuditLog } from "../../../src/controller/audit/audit-log.ts";
import { truncateAudit } from "../../../src/controller/audit/audit-retention.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { nextTurn } from "../../../src/runtime/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { MemoryAudit, WRITTEN_AT } from "../stand-alone.ts";

const DAY_MS = 86_400_000;

async function auditOf(count: number): Promise<MemoryAudit> {
  const audit = new MemoryAudit();
  await audit.append(Array.from({ length: count }, () => ({ type: "refusal" as const })));
  return audit;
}

function verified(audit: MemoryAudit) {
  const check = new ChainCheck();
  for (const record of audit.records) check.add(record, audit.isSealed(record));
  return check.end();
}

test("the oldest records beyond the number are deleted, and the chain says so", async () => {
  const audit = await auditOf(1200);
  const limits = { maxAgeDays: 0, maxRecords: 100 };
  await truncateAudit(audit, limits, Date.parse(WRITTEN_AT) + 31 * DAY_MS);
  // Each deletion adds a record.
  expect(audit.records.length).toBe(106);
  expect(verified(audit)).toEqual({
    ...{ from: 1101, to: 1206, records: 106, faults: [] },
    truncated: { from: 1001, to: 1100 },
  });
});

test("records of the last 30 days are deleted only when there are ten times as many", async () => {
  const limits = { maxAgeDays: 0, maxRecords: 100 };
  // The time is not certain, or the records are young.
  for (const now of [undefined, Date.parse(WRITTEN_AT) + 29 * DAY_MS]) {
    const audit = await auditOf(1000);
    await truncateAudit(audit, limits, now);
    expect(audit.records.length).toBe(1000);
    await audit.append([{ type: "refusal" }]);
    await truncateAudit(audit, limits, now);
    expect(audit.records[0]?.sequence).toBe(2);
  }
});

/** The audit of a server that has started, with five records and a clock that is ahead of their times. */
async function startedAudit(ahead: number) {
  const audit = await auditOf(5);
  const clock = new FakeClock();
  const wall = { ahead };
  const log = new AuditLog({
    ...{ store: audit, limits: { maxAgeDays: 10, maxRecords: 0 }, clock, logger: silentLogger },
    events: new EventBus(),
    nowMs: () => Date.parse(WRITTEN_AT) + clock.now() + wall.ahead,
  });
  await log.start();
  const pass = async (ms: number) => {
    clock.advance(ms);
    await nextTurn();
  };
  return { audit, wall, pass };
}

test("old records are deleted ten minutes after the start, and not earlier", async () => {
  const { audit, pass } = await startedAudit(11 * DAY_MS);
  await pass(599_000);
  expect(audit.records.length).toBe(5);
  await pass(10_000);
  expect(audit.records.map(({ sequence }) => sequence)).toEqual([5, 6]);
});

test("a clock that is ahead for a moment deletes nothing", async () => {
  const { audit, wall, pass } = await startedAudit(0);
  wall.ahead = 11 * DAY_MS;
  await pass(700_000);
  wall.ahead = 0;
  await pass(3_600_000);
  wall.ahead = 11 * DAY_MS;
  await pass(3_600_000);
  expect(audit.records.length).toBe(5);
  // This run finds the same time as the one before it.
  await pass(3_600_000);
  expect(audit.records.map(({ sequence }) => sequence)).toEqual([5, 6]);
});

test("records that are too old are deleted, except the last one", async () => {
  const audit = await auditOf(5);
  const written = Date.parse(WRITTEN_AT);
  const limits = { maxAgeDays: 10, maxRecords: 0 };
  await truncateAudit(audit, limits, written + 9 * DAY_MS);
  expect(audit.records.length).toBe(5);
  await truncateAudit(audit, limits, written + 11 * DAY_MS);
  expect(audit.records.map(({ sequence }) => sequence)).toEqual([5, 6]);
  expect(verified(audit).faults).toEqual([]);
});

test("without limits nothing is deleted", async () => {
  const audit = await auditOf(5);
  await truncateAudit(audit, { maxAgeDays: 0, maxRecords: 0 }, Number.MAX_SAFE_INTEGER);
  expect(audit.records.length).toBe(5);
});

/** 450 records, of which two writes have deleted the first 300; `read`: what a reader has of them. */
async function truncatedTwice() {
  const audit = await auditOf(450);
  const read = audit.records.slice(200, 450);
  const cut = async (from: number, to: number) => {
    const { hash = "" } = audit.records.find(({ sequence }) => sequence === to) ?? {};
    const sequences = Array.from({ length: to - from + 1 }, (_, n) => from + n);
    await audit.truncate(sequences, { type: "truncation", truncated: { from, to, hash } });
  };
  const heads = audit.records.slice();
  await cut(1, 200);
  await cut(201, 300);
  return { audit, heads, read: [...read, ...audit.records.slice(-2)] };
}

function checked(records: readonly AuditRecord[], heads: readonly AuditRecord[] = []) {
  const check = new ChainCheck({ heads });
  for (const record of records) check.add(record);
  return check.end();
}

test("records that are truncated while others are read are no fault", async () => {
  const { read } = await truncatedTwice();
  expect(read[0]?.sequence).toBe(201);
  expect(checked(read).faults).toEqual([]);
  expect(checked(read.slice(1)).faults).toMatchObject([{ sequence: 202 }]);
});

test("a head that a truncation covers is not provable any more, and no fault", async () => {
  const { audit, heads } = await truncatedTwice();
  const [old, last] = [heads[99] as AuditRecord, heads[299] as AuditRecord];
  expect(checked(audit.records, [old])).toMatchObject({ faults: [], truncatedHeads: [100] });
  // The truncation names its last record.
  expect(checked(audit.records, [last])).not.toHaveProperty("truncatedHeads");
  const forged = { ...last, hash: old.hash };
  expect(checked(audit.records, [forged]).faults).toMatchObject([{ sequence: 300 }]);
  // Without a truncation before them, the head shows that records are missing.
  expect(checked(audit.records.slice(1), [old]).faults.length).toBe(2);
});
