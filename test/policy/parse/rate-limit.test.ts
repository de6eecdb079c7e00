// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { parsePolicy, treatmentOf } from "../../../src/policy/index.ts";
import { combined } from "../../../src/policy/model/treatment.ts";

function limited(id: string, rateLimit: object) {
  const parsed = parsePolicy({
    id,
    sender: { host: "h1" },
    receiver: "any",
    monitors: [{ host: "m" }],
    copy: { rateLimit },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

test.each([
  [{ pps: 200 }, 20],
  [{ pps: 3 }, 1],
  [{ pps: 200, burst: 50 }, 50],
  [{ kbps: 500 }, 80],
  [{ kbps: 10_000 }, 1_000],
  [{ kbps: 500, burst: 1 }, 1],
])("the burst of %j is %i", (rateLimit, burst) => {
  expect(limited("a", rateLimit).rateLimit?.burst).toBe(burst);
});

test("a burst alone is no rate", () => {
  expect(() => limited("a", { burst: 5 })).toThrow("a rate needs a unit");
});

test("of two limits the larger rate wins, of equal rates the larger burst", () => {
  const [slow, fast, bursting] = [
    { pps: 10, burst: 99 },
    { pps: 20, burst: 1 },
    { pps: 20, burst: 7 },
  ].map((each, n) => treatmentOf(limited(`p${n}`, each)));
  if (!slow || !fast || !bursting) throw new Error("no treatments");
  for (const [x, y, larger] of [
    [slow, fast, fast],
    [fast, bursting, bursting],
  ] as const) {
    expect([combined(x, y), combined(y, x)]).toEqual([larger, larger]);
  }
});
