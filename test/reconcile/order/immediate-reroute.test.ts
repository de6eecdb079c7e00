// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  mayRerouteNow,
  type PresentPaths,
} from "../../../src/reconcile/order/immediate-reroute.ts";

/**
 * Ring a - b - c - d - a with the chord a - c; the port of each is named after the switch it leads to. The host
 * is at d.
 */
const SWITCHES = ["a", "b", "c", "d"];
const RING = ["ab", "bc", "cd", "da", "ac"];
const port = (to: string) => SWITCHES.indexOf(to) + 1;

function ways(down: readonly string[], exits: Record<string, string>): PresentPaths {
  const isIn = (links: readonly string[], x: string, y: string) =>
    links.includes(x + y) || links.includes(y + x);
  return {
    to: "d",
    far: (dpid, no) => {
      const to = SWITCHES[no - 1] ?? "";
      if (!isIn(RING, dpid, to)) return undefined;
      return { dpid: to, port: port(dpid), up: !isIn(down, dpid, to) };
    },
    exit: (dpid) => (exits[dpid] ? port(exits[dpid][0] ?? "") : undefined),
    exits: (dpid) => (exits[dpid] === undefined ? undefined : [...exits[dpid]].map(port)),
  };
}

const moves = (from: string, to: string): [number, number] => [port(from), port(to)];

test("a path that ends at a missing link is left at once, also far from there", () => {
  expect(mayRerouteNow("a", moves("d", "c"), ways(["da"], { c: "d" }))).toBe(true);
  expect(mayRerouteNow("b", moves("a", "c"), ways(["da"], { a: "d", c: "d" }))).toBe(true);
});

test("a working path is not left before the new one is ready", () => {
  expect(mayRerouteNow("a", moves("d", "c"), ways([], { c: "d" }))).toBe(false);
  expect(mayRerouteNow("b", moves("a", "c"), ways(["ac"], { a: "d", c: "d" }))).toBe(false);
});

test("frames that the next switch would send back are dropped there, which is harmless", () => {
  expect(mayRerouteNow("a", moves("d", "c"), ways(["da"], { c: "ad" }))).toBe(true);
});

test("frames must not return on another path, nor take one whose end is unknown", () => {
  expect(mayRerouteNow("a", moves("d", "b"), ways(["da"], { b: "c", c: "a" }))).toBe(false);
  expect(mayRerouteNow("a", moves("d", "b"), ways(["da", "ac"], { b: "c", c: "ad" }))).toBe(false);
  expect(mayRerouteNow("a", moves("d", "b"), ways(["da"], { b: "c" }))).toBe(false);
});
