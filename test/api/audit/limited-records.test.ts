// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { LimitedRecords } from "../../../src/api/audit/limited-records.ts";
import type { AuditEntry } from "../../../src/contract/audit/audit.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

function refusal(user: string | undefined, status = 404, address = "10.0.0.1"): AuditEntry {
  const actor = user === undefined ? { address } : { user, address };
  return { type: "refusal", actor, operation: "DELETE /api/v1/policies/{id}", outcome: { status } };
}

function refusals() {
  const recorded: AuditEntry[] = [];
  const clock = new FakeClock();
  const record = async (entry: AuditEntry) => void recorded.push(entry);
  return { recorded, clock, refusals: new LimitedRecords(record, clock) };
}

test("the first refusals of a client have a record each, further ones a count at the end of a minute", async () => {
  const { recorded, clock, refusals: all } = refusals();
  for (let n = 0; n < 50; n++) await all.add(refusal("alice"));
  await all.add(refusal("bob"));
  expect(recorded.length).toBe(21);
  clock.advance(60_000);
  await Promise.resolve();
  expect(recorded.at(-1)).toMatchObject({ actor: { user: "alice" }, count: 30 });
  await all.add(refusal("alice"));
  expect(recorded.at(-1)?.count).toBeUndefined();
  expect(recorded.length).toBe(23);
});

test("kinds of refusals are counted apart", async () => {
  const { recorded, refusals: all } = refusals();
  for (let n = 0; n < 14; n++) await all.add(refusal(undefined, n % 2 === 0 ? 401 : 429));
  await all.flush();
  expect(recorded.slice(10).map(({ outcome, count }) => [outcome?.status, count])).toEqual([
    [401, 2],
    [429, 2],
  ]);
});

test("refusals without a user make few records, from any number of addresses", async () => {
  const { recorded, refusals: all } = refusals();
  for (let n = 0; n < 5000; n++)
    await all.add(refusal(undefined, 401, `10.0.${n >> 8}.${n & 255}`));
  await all.flush();
  expect(recorded.length).toBe(11);
  const { actor, operation, count } = recorded[10] ?? {};
  expect([actor, operation, count]).toEqual([undefined, "DELETE /api/v1/policies/{id}", 4990]);
});

test("refusals without a user make few records, for any number of operations", async () => {
  const { recorded, refusals: all } = refusals();
  for (let n = 0; n < 5000; n++)
    await all.add({ ...refusal(undefined, 401), operation: `PUT /api/v1/${n}` });
  // A user is counted apart all the same.
  for (let n = 0; n < 22; n++) await all.add(refusal("alice"));
  await all.flush();
  expect(recorded.length).toBe(10 + 20 + 21 + 1);
  expect(recorded.at(-1)).toEqual({ type: "refusal", outcome: { status: 401 }, count: 4970 });
  expect(recorded.find(({ count }) => count === 2)).toMatchObject({ actor: { user: "alice" } });
});
