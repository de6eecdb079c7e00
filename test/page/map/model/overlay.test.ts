// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { planOverlay } from "../../../../src/page/map/model/overlay.ts";

const link = { from: { dpid: "1", port: 3 }, to: { dpid: "2", port: 3 } };

test("ways share their links; a monitor on the switch that copies needs no recovery", () => {
  const overlay = planOverlay(
    {
      tapPoints: [{ dpid: "1", port: 1 }, { dpid: "1" }],
      ways: [
        { monitor: "ids", to: { dpid: "2", port: 2 }, links: [link] },
        { monitor: "recorder", to: { dpid: "2", port: 4 }, links: [link] },
        { monitor: "near", to: { dpid: "1", port: 2 }, links: [] },
      ],
      original: [link],
    },
    3,
  );
  expect(overlay.hue).toBe(3);
  expect(overlay.segments.map(({ kind }) => kind)).toEqual(["original", "copy"]);
  expect(overlay.marks).toEqual([
    { kind: "tap", dpid: "1", port: 1 },
    { kind: "tap", dpid: "1" },
    { kind: "recovery", dpid: "2" },
    { kind: "monitor", dpid: "2", port: 2 },
    { kind: "monitor", dpid: "2", port: 4 },
    { kind: "monitor", dpid: "1", port: 2 },
  ]);
});
