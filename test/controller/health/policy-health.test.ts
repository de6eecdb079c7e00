// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { PolicyStatus } from "../../../src/contract/policies.ts";
import { policyHealth } from "../../../src/controller/health/policy-health.ts";
import {
  afterArrival,
  afterLoss,
  NOT_PROBED,
  prevented,
  type WayHealth,
} from "../../../src/controller/health/way-health.ts";

const AT = "2026-01-01T00:00:00.000Z";
const LATER = "2026-01-01T00:00:09.000Z";
const active: PolicyStatus = { state: "active", reasons: [] };
const healthy = afterArrival(1.2345, AT);
const failing = afterLoss(afterLoss(healthy, "to s3", AT), "to s3", LATER);

function healthOf(
  ways: readonly WayHealth[],
  more: Partial<Parameters<typeof policyHealth>[0]> = {},
) {
  return policyHealth({ status: active, ways, unprobed: [], lostCopies: 0, ...more });
}

describe("the health of a policy", () => {
  test("is that of its worst way, with its figures", () => {
    expect(healthOf([healthy, afterArrival(3, LATER)])).toEqual({
      ...{ state: "healthy", lastProbe: LATER, rttMs: 3, lost: 0, because: [] },
    });
    expect(healthOf([failing, healthy, NOT_PROBED])).toEqual({
      ...{ state: "failing", lastProbe: LATER, rttMs: 1.23, lost: 2 },
      because: ["probes to s3 are lost"],
    });
    const away = prevented(healthy, "switch s3 is not connected");
    const because = ["switch s3 is not connected"];
    expect(healthOf([healthy, away])).toMatchObject({ state: "unknown", because });
  });

  test("without ways across links is that of its rules and counters", () => {
    expect(healthOf([])).toEqual({ state: "healthy", lost: 0, because: [] });
    const refused = { state: "error", reasons: ["switch s1 refused a rule"] } as const;
    expect(healthOf([healthy], { status: refused })).toMatchObject({
      ...{ state: "failing", because: ["switch s1 refused a rule"] },
    });
    const part = { state: "degraded", reasons: ["monitor m2 has no place"] } as const;
    expect(healthOf([healthy], { status: part }).state).toBe("degraded");
    expect(healthOf([healthy], { lostCopies: 4 })).toMatchObject({
      ...{ state: "degraded", because: ["4 copies were counted as lost lately"] },
    });
  });

  test("is unknown where copies cannot be probed, or are not made", () => {
    const why = "switch s3 is not Open vSwitch and cannot catch probes";
    expect(healthOf([], { unprobed: [why] })).toMatchObject({ state: "unknown", because: [why] });
    expect(healthOf([], { status: { state: "disabled", reasons: [] } })).toMatchObject({
      ...{ state: "unknown", because: ["it is not in effect"] },
    });
    const suspended = { state: "suspended", reasons: ["taps are suspended"] } as const;
    expect(healthOf([healthy], { status: suspended })).toMatchObject({
      ...{ state: "unknown", because: ["it is not in effect", "taps are suspended"] },
    });
  });
});
