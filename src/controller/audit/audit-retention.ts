// SPDX-License-Identifier: Apache-2.0
import type { AuditRecord } from "../../contract/audit/audit.ts";
import type { AuditStore } from "./audit-store.ts";

/** How long records are kept. */
export interface AuditLimits {
  /** Days; 0: without limit. */
  readonly maxAgeDays: number;
  /** Number of records; 0: without limit. Those younger than `LEAST_AGE_DAYS` may be `MOST_YOUNG` times as many. */
  readonly maxRecords: number;
}

/** Records deleted by one write. */
const AT_ONCE = 200;

const DAY_MS = 86_400_000;

/** Records that are younger are not deleted because of their number: a flood must not remove what it follows. */
const LEAST_AGE_DAYS = 30;

/** Even young records are deleted when there are so many times the maximum number. */
const MOST_YOUNG = 10;

/**
 * Deletes the records that are too old or too many, the first ones first, and records that it did.
 *
 * @param nowMs milliseconds since the epoch; undefined: not certain, no record counts as old.
 */
export async function truncateAudit(
  store: AuditStore,
  { maxAgeDays, maxRecords }: AuditLimits,
  nowMs: number | undefined,
): Promise<void> {
  const head = await store.head();
  const isOlder = (at: string, days: number) =>
    nowMs !== undefined && nowMs - Date.parse(at) > days * DAY_MS;
  const isSurplus = ({ sequence, at }: AuditRecord) => {
    if (maxAgeDays > 0 && isOlder(at, maxAgeDays)) return true;
    const most = isOlder(at, LEAST_AGE_DAYS) ? maxRecords : maxRecords * MOST_YOUNG;
    return maxRecords > 0 && head.sequence - sequence >= most;
  };
  let surplus: AuditRecord[] = [];
  const remove = async () => {
    const [first, last] = [surplus[0], surplus.at(-1)];
    if (!first || !last) return;
    const truncated = { from: first.sequence, to: last.sequence, hash: last.hash };
    await store.truncate(
      surplus.map(({ sequence }) => sequence),
      { type: "truncation", truncated },
    );
    surplus = [];
  };
  for await (const record of store.after(0)) {
    // The last record stays: the chain goes on from it.
    if (record.sequence >= head.sequence || !isSurplus(record)) break;
    surplus.push(record);
    if (surplus.length === AT_ONCE) await remove();
  }
  await remove();
}
