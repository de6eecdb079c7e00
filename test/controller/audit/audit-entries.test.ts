// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { changedMembers, documentChange } from "../../../src/controller/audit/audit-entries.ts";
import { CAUSE } from "../stand-alone.ts";

test("only members that differ are recorded, with both values", () => {
  const before = { id: "p", enabled: true, filters: { tcp_dst: 80 }, name: "x" };
  const after = { id: "p", enabled: true, filters: { tcp_dst: 443 }, reason: "why" };
  expect(changedMembers(before, after)).toEqual([
    { member: "filters", old: { tcp_dst: 80 }, new: { tcp_dst: 443 } },
    { member: "name", old: "x" },
    { member: "reason", new: "why" },
  ]);
  expect(changedMembers(undefined, { id: "p" })).toEqual([{ member: "id", new: "p" }]);
  expect(changedMembers({ id: "p" }, { id: "p" })).toEqual([]);
});

test("values that are too long are named and left out", () => {
  const after = { short: 1, long: "x".repeat(10_000), next: 2 };
  const changes = changedMembers({}, after);
  expect(changes).toEqual([
    { member: "short", new: 1 },
    { member: "long", isOmitted: true },
    { member: "next", isOmitted: true },
  ]);
});

test("the reason of a record is that of the request, else that of the policy", () => {
  const object = { kind: "policy", id: "p" } as const;
  const after = { id: "p", reason: "its own" };
  const own = documentChange(CAUSE, { object, after, status: 201 });
  expect(own).toMatchObject({ reason: "its own", revision: { isWritten: true } });
  const stated = documentChange({ ...CAUSE, reason: "stated" }, { object, after, status: 201 });
  expect(stated.reason).toBe("stated");
  const deleted = { object, before: after, revision: 7, status: 204 };
  expect(documentChange(CAUSE, deleted)).toMatchObject({
    revision: { before: 7, isWritten: false },
  });
  expect(documentChange(CAUSE, deleted).reason).toBeUndefined();
});
