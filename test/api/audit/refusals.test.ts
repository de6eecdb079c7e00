// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Refusals } from "../../../src/api/audit/refusals.ts";
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
  return { recorded, clock, refusals: new Refusals(record, clock) };
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
  for (let n = 0; n < 4; n++) await all.add(refusal(undefined, n % 2 === 0 ? 401 : 429));
  await all.flush();
  expect(recorded.map(({ outcome, count }) => [outcome?.status, count])).toEqual([
    [401, undefined],
    [429, 2],
    [401, undefined],
  ]);
});

test("any number of addresses makes a bounded number of records", async () => {
  const { recorded, refusals: all } = refusals();
  for (let n = 0; n < 5000; n++)
    await all.add(refusal(undefined, 401, `10.0.${n >> 8}.${n & 255}`));
  await all.flush();
  expect(recorded.length).toBeLessThan(1100);
  const total = recorded.reduce((sum, { count = 1 }) => sum + count, 0);
  expect(total).toBe(5000);
});
