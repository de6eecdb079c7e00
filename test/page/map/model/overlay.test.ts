// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { planOverlay } from "../../../../src/page/map/model/overlay.ts";

const link = { from: { dpid: "1", port: 3 }, to: { dpid: "2", port: 3 } };

/** A place without the members that the map does not use. */
const at = (dpid: string, port?: number) => ({
  switch: `s${dpid}`,
  dpid,
  ...(port === undefined ? {} : { port }),
});
const tap = (port: number) =>
  ({ switch: "s1", dpid: "1", port, end: "sender", direction: "forward" }) as const;
const way = (monitor: string, to: ReturnType<typeof at>, links: (typeof link)[]) =>
  ({ monitor, from: at("1"), to, links, marking: "rewrite" }) as const;

test("ways share their links; a monitor on the switch that copies needs no recovery", () => {
  const overlay = planOverlay(
    {
      tapPoints: [tap(1), tap(5)],
      ways: [
        way("ids", at("2", 2), [link]),
        way("recorder", at("2", 4), [link]),
        way("near", at("1", 2), []),
      ],
      original: [link],
    },
    3,
  );
  expect(overlay.hue).toBe(3);
  expect(overlay.segments.map(({ kind }) => kind)).toEqual(["original", "copy"]);
  expect(overlay.marks).toEqual([
    { kind: "tap", dpid: "1", port: 1 },
    { kind: "tap", dpid: "1", port: 5 },
    { kind: "recovery", dpid: "2" },
    { kind: "monitor", dpid: "2", port: 2 },
    { kind: "monitor", dpid: "2", port: 4 },
    { kind: "monitor", dpid: "1", port: 2 },
  ]);
});
