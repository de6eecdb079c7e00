// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Explanation } from "../../../../src/contract/explain.ts";
import { explanationOverlay, hopSteps } from "../../../../src/page/explain/answer/hops.ts";

const FRAME = "fa0000000002fa000000000108004500";
const TAGGED = "fa0000000002fa000000000181000fa108004500";

/** h1 on s1 port 1; s1 port 3 to s2 port 3; a copy to the monitor at s2 port 2, tagged on the way. */
const EXPLANATION: Explanation = {
  ...{ frame: FRAME, fields: {}, policies: [], unlistedPolicies: 0 },
  at: { switch: "s1", dpid: "1", port: 1, hosts: ["h1"] },
  hops: [
    {
      ...{ switch: "s1", dpid: "1", inPort: 1, kind: "original", frame: FRAME, rules: [] },
      sends: [
        {
          kind: "original",
          frame: FRAME,
          mayDrop: false,
          to: { port: 3, link: { switch: "s2", port: 3 } },
        },
        {
          kind: "copy",
          frame: TAGGED,
          mayDrop: false,
          to: { port: 3, link: { switch: "s2", port: 3 } },
        },
      ],
    },
    {
      ...{ switch: "s2", dpid: "2", inPort: 3, kind: "original", frame: FRAME, from: 0, rules: [] },
      sends: [{ kind: "original", frame: FRAME, mayDrop: false, to: { port: 1, hosts: ["h2"] } }],
    },
    {
      ...{ switch: "s2", dpid: "2", inPort: 3, kind: "copy", frame: TAGGED, from: 0, rules: [] },
      sends: [{ kind: "copy", frame: FRAME, mayDrop: false, to: { port: 2, hosts: ["ids"] } }],
    },
  ],
  originals: [{ switch: "s2", dpid: "2", port: 1, hosts: ["h2"] }],
  copies: [
    {
      ...{ switch: "s2", dpid: "2", port: 2, hosts: ["ids"], policies: ["web"], frame: FRAME },
      ...{ bitExact: true, mayDrop: false, way: [0, 2] },
    },
  ],
  installed: { state: "confirmed", reasons: [] },
  ...{ taken: [], agreement: { ok: true, problems: [] }, assumptions: [] },
};

test("each hop shows what the switch changes, and which hop a frame becomes", () => {
  const steps = hopSteps(EXPLANATION);
  expect(steps.map(({ title, kind }) => [title, kind])).toEqual([
    ["s1, in by port 1", "original"],
    ["s2, in by port 3", "original"],
    ["s2, in by port 3", "copy"],
  ]);
  expect(
    steps.map(({ sends }) => sends.map(({ to, changes, next }) => [to, changes, next])),
  ).toEqual([
    [
      ["port 3 → s2 port 3", [], 1],
      ["port 3 → s2 port 3", ["VLAN tag 4001 pushed"], 2],
    ],
    [["port 1 → h2", [], undefined]],
    [["port 2 → ids", ["VLAN tag 4001 popped"], undefined]],
  ]);
});

test("the way on the map has the links crossed, numbered by their hops, and its points", () => {
  const link = { from: { dpid: "1", port: 3 }, to: { dpid: "2", port: 3 } };
  expect(explanationOverlay(EXPLANATION, 2)).toEqual({
    hue: 0,
    segments: [
      { kind: "original", ...link, step: 2, isCurrent: false },
      { kind: "copy", ...link, step: 3, isCurrent: true },
    ],
    marks: [
      { kind: "entry", dpid: "1", port: 1 },
      { kind: "exit", dpid: "2", port: 1 },
      { kind: "monitor", dpid: "2", port: 2 },
      { kind: "tap", dpid: "1", port: 1 },
      { kind: "recovery", dpid: "2" },
    ],
    current: "2",
  });
});
