// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { Explanation } from "../../../../src/contract/explain.ts";
import {
  originalText,
  simulatedOnly,
  verdictOf,
  whyNot,
} from "../../../../src/page/explain/answer/verdict.ts";

const place = (host: string, port = 1) => ({
  ...{ switch: "s1", dpid: "0000000000000001", port },
  hosts: host === "" ? [] : [host],
});

const NOTHING: Explanation = {
  ...{ frame: "", fields: {}, at: place("h1"), policies: [], unlistedPolicies: 0, hops: [] },
  ...{ originals: [], copies: [], installed: { state: "confirmed", reasons: [] } },
  ...{ taken: [], agreement: { ok: true, problems: [] }, assumptions: [] },
};

const copy = (host: string, change: object = {}) => ({
  ...place(host),
  ...{ policies: ["web"], frame: "", bitExact: true, mayDrop: false, way: [] },
  ...change,
});

const policy = (id: string, change: object = {}) => ({
  ...{ id, state: "active", matches: true, monitors: [] },
  ...change,
});

describe("the verdict", () => {
  test.each([
    ["1 copy, bit-exact, to ids.", { copies: [copy("ids")] }],
    ["2 copies, both bit-exact, to ids and recorder.", { copies: [copy("ids"), copy("recorder")] }],
    [
      "3 copies, 2 bit-exact, 1 altered, to a, b and c.",
      { copies: [copy("a"), copy("b"), copy("c", { bitExact: false })] },
    ],
    [
      "1 copy, bit-exact, to s1 port 1, unless a rate limit drops them.",
      { copies: [copy("", { mayDrop: true })] },
    ],
    [
      "No copy: no policy selects this frame.",
      { policies: [policy("web", { matches: false, reason: "x" })] },
    ],
    [
      "No copy, although web selects this frame: it is disabled.",
      { policies: [policy("web", { state: "disabled" })] },
    ],
    [
      "No copy, although a and b select this frame: see why below.",
      { policies: [policy("a"), policy("b")] },
    ],
  ])("%s", (text, change) => {
    expect(verdictOf({ ...NOTHING, ...change } as Explanation).text).toBe(text);
  });

  test("an altered or metered copy is no full success", () => {
    const tone = (change: object) =>
      verdictOf({ ...NOTHING, copies: [copy("ids", change)] } as Explanation).tone;
    expect([tone({}), tone({ bitExact: false }), tone({ mayDrop: true })]).toEqual([
      "good",
      "warning",
      "warning",
    ]);
  });
});

test("the original is named by the hosts it reaches", () => {
  expect(originalText(NOTHING)).toBe("The original leaves the network nowhere.");
  expect(originalText({ ...NOTHING, originals: [place("h2")] })).toBe("The original reaches h2.");
  const ports = [1, 2, 3, 4, 5].map((port) => place("", port));
  expect(originalText({ ...NOTHING, originals: ports })).toBe("The original leaves at 5 ports.");
});

test("policies that do not copy say why, those that select the frame first", () => {
  const monitors = [
    { monitor: "ids", copied: true },
    { monitor: "recorder", copied: false, reason: "it is the sender" },
  ];
  const policies = [
    policy("far", { matches: false, reason: "tcp_dst is 80, not 443" }),
    policy("all"),
    policy("near", { monitors }),
  ];
  expect(whyNot({ ...NOTHING, policies } as Explanation)).toEqual([
    { policy: "near", state: "active", matches: true, lines: ["recorder: it is the sender"] },
    { policy: "far", state: "active", matches: false, lines: ["tcp_dst is 80, not 443"] },
  ]);
});

test("an answer that the switches have not confirmed says so", () => {
  expect(simulatedOnly(NOTHING)).toEqual([]);
  const installed = { state: "pending", reasons: ["s2 is not connected"] } as const;
  expect(simulatedOnly({ ...NOTHING, installed })).toEqual([
    expect.stringContaining("not confirmed"),
    "s2 is not connected",
  ]);
});
