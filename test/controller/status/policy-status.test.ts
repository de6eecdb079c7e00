// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  type EntryState,
  policyStatus,
  type StatusInputs,
} from "../../../src/controller/status/policy-status.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import type { Dpid, PortAt, PortNo } from "../../../src/topology/index.ts";

const S3 = "0000000000000003" as Dpid;
const ref = (n: number) => `000000000000000${n} flow` as EntryRef;

/** Copies that are neither counted nor probed. */
const UNCOUNTED = { countedPaths: [], ways: [], unprobed: [] };

function plan(parts: Partial<PolicyPlan>): PolicyPlan {
  return {
    id: "p" as PolicyId,
    enabled: true,
    taps: [],
    tapPoints: [],
    copies: [],
    problems: [],
    unseen: [],
    ...parts,
  };
}

function status(of: PolicyPlan, states: Record<number, EntryState>, away: readonly number[] = []) {
  const number = (text: string) => Number(text.slice(15, 16));
  return policyStatus(of, {
    entryState: (entry) => states[number(entry)] ?? "confirmed",
    switchName: (dpid) => `s${number(dpid)}`,
    connected: (dpid) => !away.includes(number(dpid)),
  });
}

const twoMonitors = plan({
  copies: [
    { monitor: "m1", entries: [ref(1), ref(2)], ...UNCOUNTED },
    { monitor: "m2", entries: [ref(1), ref(3)], ...UNCOUNTED },
  ],
});

test("entries of a switch that deletes them while it is not connected are missing", () => {
  const policy = plan({
    copies: [{ ...UNCOUNTED, monitor: "m", entries: [ref(1), ref(2)], outlets: [] }],
  });
  const inputs = {
    entryState: () => "confirmed" as const,
    switchName: (dpid: Dpid) => `s${Number(dpid)}`,
    connected: (dpid: Dpid) => Number(dpid) === 2,
  };
  expect(policyStatus(policy, inputs).state).toBe("active");
  const deletesEntries = () => true;
  expect(policyStatus(policy, { ...inputs, deletesEntries })).toEqual({
    state: "pending",
    reasons: [
      expect.stringMatching(/^switch s1 is not connected, and its fail mode is standalone/),
    ],
  });
  const secure = { ...inputs, deletesEntries, connected: () => true };
  expect(policyStatus(policy, secure).state).toBe("active");
});

describe("the status of a policy", () => {
  test.each([
    ["everything confirmed", twoMonitors, {}, [], { state: "active", reasons: [] }],
    [
      "one monitor's switch is slow",
      twoMonitors,
      { 3: "pending" as const },
      [],
      { state: "degraded", reasons: ["switch s3 has not confirmed a rule yet"] },
    ],
    [
      "the tap's switch is disconnected",
      twoMonitors,
      { 1: "pending" as const },
      [1],
      { state: "pending", reasons: ["switch s1 is not connected"] },
    ],
    [
      "a switch refused",
      twoMonitors,
      { 2: { refused: "OFPFMFC_TABLE_FULL" }, 3: "pending" as const },
      [],
      {
        state: "error",
        reasons: [
          "switch s2 refused a rule: OFPFMFC_TABLE_FULL",
          "switch s3 has not confirmed a rule yet",
        ],
      },
    ],
    [
      "one monitor has no place",
      plan({
        copies: [
          { monitor: "m1", entries: [ref(1)], ...UNCOUNTED },
          { monitor: "m2", entries: [], ...UNCOUNTED },
        ],
        problems: [{ blocks: "monitor", monitor: "m2", what: "monitor m2 has no place" }],
      }),
      {},
      [],
      { state: "degraded", reasons: ["monitor m2 has no place"] },
    ],
    [
      "the sender has no place",
      plan({
        copies: [{ monitor: "m1", entries: [], ...UNCOUNTED }],
        problems: [{ blocks: "policy", what: "sender h1 has no place" }],
      }),
      {},
      [],
      { state: "pending", reasons: ["sender h1 has no place"] },
    ],
    [
      "no copies may be sent to the only monitor, and waiting does not change that",
      plan({
        copies: [{ monitor: "m1", entries: [], ...UNCOUNTED }],
        problems: [{ blocks: "monitor", monitor: "m1", what: "m1 is shared", state: "degraded" }],
      }),
      {},
      [],
      { state: "degraded", reasons: ["m1 is shared"] },
    ],
    [
      "one of two senders is at a tap port",
      plan({
        copies: [{ monitor: "m1", entries: [ref(1)], ...UNCOUNTED }],
        problems: [{ blocks: "part", what: "sender h3 is at a tap port", state: "error" }],
      }),
      {},
      [],
      { state: "error", reasons: ["sender h3 is at a tap port"] },
    ],
    [
      "a switch has no rules yet for frames that forge the monitor's address",
      plan({
        copies: [{ monitor: "m1", entries: [ref(1)], ingress: [ref(2), ref(3)], ...UNCOUNTED }],
      }),
      { 2: "pending" as const },
      [2],
      { state: "degraded", reasons: ["switch s2 is not connected"] },
    ],
    ["disabled", plan({ enabled: false }), {}, [], { state: "disabled", reasons: [] }],
  ])("%s", (_, of, states, away, expected) => {
    expect(status(of, states, away)).toEqual(expected);
  });

  test("hundreds of reasons are truncated and counted", () => {
    const problems = Array.from({ length: 50 }, (_, n) => ({
      blocks: "monitor" as const,
      monitor: `m${n}`,
      what: `monitor m${n} has no place`,
    }));
    const { reasons } = status(plan({ problems }), {});
    expect(reasons).toHaveLength(21);
    expect(reasons.at(-1)).toBe("and 30 more reasons");
  });
});

test("a contested monitor that gets its copies makes a policy degraded, and a disabled one stays disabled", () => {
  const reason = "monitor m1 stays at s1 port 1";
  const inputs = {
    entryState: () => "confirmed" as const,
    switchName: () => "s1",
    connected: () => true,
    contested: () => [reason],
  };
  expect(policyStatus(twoMonitors, inputs)).toEqual({ state: "degraded", reasons: [reason] });
  const disabled = plan({ enabled: false });
  expect(policyStatus(disabled, inputs)).toEqual({ state: "disabled", reasons: [] });
});

describe("a policy of which every rule is confirmed is degraded", () => {
  const at = (no: number) => ({ dpid: S3, port: no as PortNo });
  const policy = plan({
    copies: [
      { monitor: "m1", entries: [ref(1), ref(2)], outlets: [at(1)], ...UNCOUNTED },
      { monitor: "m2", entries: [ref(1), ref(3)], outlets: [at(2)], ...UNCOUNTED },
    ],
  });
  const inputs: StatusInputs = {
    entryState: () => "confirmed",
    switchName: () => "s",
    connected: () => true,
  };

  test("while frames do not reach one of them, each reason once", () => {
    const overridden = (entry: EntryRef) => (entry === ref(1) ? ["an entry takes frames"] : []);
    expect(policyStatus(policy, inputs).state).toBe("active");
    expect(policyStatus(policy, { ...inputs, overridden })).toEqual({
      state: "degraded",
      reasons: ["an entry takes frames"],
    });
  });

  test("while the port of a monitor loses copies", () => {
    const outletProblem = ({ port }: PortAt) =>
      port === 2 ? "port 2 of switch s is down" : undefined;
    expect(policyStatus(policy, { ...inputs, outletProblem })).toEqual({
      state: "degraded",
      reasons: ["copies for monitor m2 are lost: port 2 of switch s is down"],
    });
  });

  test("while the port of a monitor sends more than copies", () => {
    const outletExcess = ({ port }: PortAt) => (port === 2 ? "of mirror m" : undefined);
    expect(policyStatus(policy, { ...inputs, outletExcess })).toEqual({
      state: "degraded",
      reasons: ["monitor m2 receives more than copies: of mirror m"],
    });
  });
});
