// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type MapQuery,
  nextTraffic,
  readMapQuery,
  writeMapQuery,
} from "../../../src/page/map/map-query.ts";

const state: fc.Arbitrary<MapQuery> = fc.record({
  policies: fc.array(fc.stringMatching(/^[a-z0-9.-]{1,8}$/), { maxLength: 3 }),
  item: fc.option(
    fc.record({ kind: fc.constant("host" as const), mac: fc.constant("fa:00:00:00:00:01") }),
    { nil: undefined },
  ),
  showsHosts: fc.boolean(),
  showsLabels: fc.boolean(),
  traffic: fc.constantFrom("off", "pps", "bps"),
  split: fc.integer({ min: 0, max: 100 }),
  isForced: fc.boolean(),
});

test("an address holds all of the screen, and leaves out what is the default", () => {
  fc.assert(
    fc.property(state, (each) => {
      const written = Object.entries(writeMapQuery(each)).filter(([, text]) => text !== "");
      expect(readMapQuery(Object.fromEntries(written))).toEqual(each);
    }),
  );
  expect(Object.values(writeMapQuery(readMapQuery({}))).every((text) => text === "")).toBe(true);
});

test("what an address cannot mean is the default", () => {
  const odd = { traffic: "x", split: "x", item: "x", hosts: "x" };
  expect(readMapQuery(odd)).toEqual(readMapQuery({}));
  expect(readMapQuery({ split: "500" }).split).toBe(100);
});

test("traffic cycles through all its units", () => {
  expect(["off", "pps", "bps"].map((mode) => nextTraffic(mode as MapQuery["traffic"]))).toEqual([
    ...["pps", "bps", "off"],
  ]);
});
