// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { trackOf, withHistory, withSample } from "../../../src/page/data/rate-track.ts";

const START = Date.parse("2026-01-01T00:00:00.000Z");
const iso = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const at = (seconds: number) => START + seconds * 1000;

const NULLS = { copiedBps: [], deliveredPps: [], deliveredBps: [], lostPps: [] };
const history = (...values: (number | null)[]) =>
  trackOf({ stepMs: 2000, at: values.map((_, n) => iso(2 * n)), copiedPps: values, ...NULLS });

test("samples are appended once each, and those older than ten minutes are dropped", () => {
  let track = withSample(undefined, at(0), { copiedPps: 1 });
  track = withSample(track, at(2), { copiedPps: null });
  expect(withSample(track, at(2), { copiedPps: 9 })).toBe(track);
  expect(track).toEqual({ at: [at(0), at(2)], columns: { copiedPps: [1, null] } });
  expect(withSample(track, at(601), { copiedPps: 3 })).toEqual({
    ...{ at: [at(2), at(601)], columns: { copiedPps: [null, 3] } },
  });
  expect(withSample(track, at(5000), { copiedPps: 3 }).at).toEqual([at(5000)]);
});

test("a column that is new has not been known before", () => {
  const track = withSample(undefined, at(0), { pps: 1 });
  expect(withSample(track, at(2), { pps: 2, copiesPps: 1 }).columns.copiesPps).toEqual([null, 1]);
});

test("the history comes before the samples that came while it was read, each once", () => {
  let live = withSample(undefined, at(2), { copiedPps: 77 });
  live = withSample(live, at(4), { copiedPps: 5 });
  const joined = withHistory(live, history(1, 2));
  expect(joined.at).toEqual([at(0), at(2), at(4)]);
  expect(joined.columns.copiedPps).toEqual([1, 2, 5]);
  expect(withHistory(undefined, history(1, null)).columns.copiedPps).toEqual([1, null]);
});
