// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../../src/policy/index.ts";
import { momentText, parseMoment } from "../../../src/policy/parse/moment.ts";
import { propertyRuns } from "../../properties.ts";

const POLICY = { id: "a", sender: "any", receiver: { host: "h2" }, monitors: [{ host: "h3" }] };

describe("a moment", () => {
  test.each([
    ["2026-12-31T18:00:00Z", "2026-12-31T18:00:00.000Z"],
    ["2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00.000Z"],
    ["2026-12-31t18:00:00.5z", "2026-12-31T18:00:00.500Z"],
    ["2026-12-31T18:00:00.123456789-00:30", "2026-12-31T18:30:00.123Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ])("%s is %s", (text, canonical) => {
    const moment = parseMoment(text);
    expect(moment !== undefined && momentText(moment)).toBe(canonical);
  });

  test.each([
    "tomorrow",
    "2026-12-31",
    "2026-12-31T18:00:00",
    "2026-12-31T18:00Z",
    "2026-12-31 18:00:00Z",
    "2026-02-30T18:00:00Z",
    "2027-02-29T18:00:00Z",
    "2026-13-01T18:00:00Z",
    "2026-12-31T24:00:00Z",
    "2026-12-31T18:00:60Z",
    "2026-12-31T18:00:00+24:00",
    "2026-12-31T18:00:00+01",
    "9999-12-31T23:59:59-01:00",
    "+012026-12-31T18:00:00Z",
  ])("%s is none", (text) => {
    expect(parseMoment(text)).toBeUndefined();
  });

  test("any offset names the same moment, and the canonical form is read as it is", () => {
    const moments = fc.integer({ min: 0, max: 4_102_444_800_000 });
    const offsets = fc.integer({ min: -1439, max: 1439 });
    const same = fc.property(moments, offsets, (moment, offset) => {
      const local = new Date(moment + offset * 60_000).toISOString().slice(0, -1);
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const two = (n: number) => String(n).padStart(2, "0");
      const text = `${local}${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
      expect(parseMoment(text)).toBe(moment);
      expect(parseMoment(momentText(moment) ?? "")).toBe(moment);
    });
    fc.assert(same, { numRuns: propertyRuns(500) });
  });
});

test("a policy is in effect until the first of its ends, and its moments are stored in UTC", () => {
  const schedule = { from: "2026-12-01T09:00:00+01:00", until: "2026-12-24T18:00:00Z" };
  const parsed = parsePolicy({ ...POLICY, expiresAt: "2026-12-20T00:00:00-05:00", schedule });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { policy, document } = parsed.value;
  const [startsAt, endsAt] = [Date.UTC(2026, 11, 1, 8), Date.UTC(2026, 11, 20, 5)];
  expect(policy.lifetime).toEqual({ startsAt, endsAt });
  expect(document).toEqual({
    ...POLICY,
    expiresAt: "2026-12-20T05:00:00.000Z",
    schedule: { from: "2026-12-01T08:00:00.000Z", until: "2026-12-24T18:00:00.000Z" },
  });
});

test("the same policy with its moments in another offset has the same id", () => {
  const { id: _, ...nameless } = POLICY;
  const idOf = (expiresAt: string) => {
    const parsed = parsePolicy({ ...nameless, expiresAt });
    return parsed.ok ? parsed.value.policy.id : undefined;
  };
  expect(idOf("2026-12-31T18:00:00+01:00")).toBe(idOf("2026-12-31T17:00:00Z"));
});

test("a policy may end after a number of copies, or of their bytes", () => {
  const limitOf = (stopAfter: object) => {
    const parsed = parsePolicy({ ...POLICY, stopAfter });
    return parsed.ok && parsed.value.policy.lifetime?.stopAfter;
  };
  expect(limitOf({ packets: 5 })).toEqual({ unit: "packets", count: 5 });
  expect(limitOf({ bytes: 7 })).toEqual({ unit: "bytes", count: 7 });
});

test("a policy without an end has no lifetime, and its document is as written", () => {
  const parsed = parsePolicy(POLICY);
  expect(parsed).toMatchObject({ ok: true, value: { document: POLICY } });
  expect(parsed.ok && "lifetime" in parsed.value.policy).toBe(false);
});

test.each([
  [{ expiresAt: "tomorrow" }, ["expiresAt"], '"tomorrow" is not a moment'],
  [{ expiresAt: 1_700_000_000 }, ["expiresAt"], "where a string is expected"],
  [{ stopAfter: {} }, ["stopAfter"], "a limit needs a unit"],
  [{ stopAfter: { packets: 1, bytes: 1 } }, ["stopAfter"], "this one has two"],
  [{ stopAfter: { packets: 0 } }, ["stopAfter", "packets"], ""],
  [{ schedule: {} }, ["schedule"], "a schedule without a moment"],
  [{ schedule: { from: "noon" } }, ["schedule", "from"], '"noon" is not a moment'],
  [{ schedule: { from: "2026-12-01T00:00:00Z", til: 1 } }, ["schedule", "til"], '"til"'],
  [
    { expiresAt: "2026-12-01T00:00:00Z", schedule: { from: "2026-12-01T01:00:00+01:00" } },
    ["schedule", "from"],
    "it starts at 2026-12-01T00:00:00.000Z and ends at 2026-12-01T00:00:00.000Z",
  ],
])("%j is rejected at its place", (members, path, what) => {
  const parsed = parsePolicy({ ...POLICY, ...members });
  expect(parsed.ok ? [] : parsed.problems).toMatchObject([
    { path, what: expect.stringContaining(what) },
  ]);
});
