// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ChainCheck } from "../../../src/contract/audit/audit-chain.ts";
import { truncateAudit } from "../../../src/controller/audit/audit-retention.ts";
import { MemoryAudit } from "../stand-alone.ts";

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
  await truncateAudit(audit, limits, 0);
  // Each deletion adds a record.
  expect(audit.records.length).toBe(106);
  expect(verified(audit)).toEqual({
    ...{ from: 1101, to: 1206, records: 106, faults: [] },
    truncated: { from: 1001, to: 1100 },
  });
});

test("records that are too old are deleted, except the last one", async () => {
  const audit = await auditOf(5);
  const written = Date.parse(audit.records[0]?.at ?? "");
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
