// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { lossText, tracePoints } from "../../../src/controller/health/loss-trace.ts";
import { nameOf, wayOf } from "./ways.ts";

const way = wayOf();
const points = tracePoints(way);

/** What is said when the probes from the n-th place on arrive. */
const textFrom = (n: number) => lossText(way, new Set(points.slice(n)), nameOf);

test("probes are sent from every switch on the way: as if received, and onto the next link", () => {
  expect(points.map(({ dpid, send }) => [nameOf(dpid), send])).toEqual([
    ["s2", { enters: 20 }],
    ["s2", { leaves: 21 }],
    ["s3", { enters: 30 }],
  ]);
});

test("the place before the first one from which probes arrive is at fault", () => {
  expect(textFrom(0)).toContain("between s1 port 10 and s2 port 20: the link");
  expect(textFrom(1)).toContain("at s2: it does not forward marked frames from port 20 to port 21");
  expect(textFrom(2)).toContain("between s2 port 21 and s3 port 30: the link");
  expect(textFrom(3)).toContain("at s3: it does not take marked frames that enter by port 30");
});
