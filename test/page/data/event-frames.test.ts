// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type EventFrame, EventFrameReader } from "../../../src/page/data/event-frames.ts";

const STREAM = [
  "retry: 2000\n\n",
  "id: a-0\n\n",
  ": alive\n\n",
  'id: a-1\nevent: policyStatus\ndata: {"id":"x"}\n\n',
  'id: a-2\nevent: gap\ndata: {"type":"gap"}\n\n',
  "data: two\ndata: lines\n\n",
].join("");

const FRAMES: readonly EventFrame[] = [
  { id: "a-0", type: "message", data: "" },
  { id: "a-1", type: "policyStatus", data: '{"id":"x"}' },
  { id: "a-2", type: "gap", data: '{"type":"gap"}' },
  { id: undefined, type: "message", data: "two\nlines" },
];

test.each([
  ["line feeds", STREAM],
  ["carriage returns", STREAM.replaceAll("\n", "\r\n")],
])("a stream with %s has the same events however it is cut", (_, stream) => {
  const cuts = fc.array(fc.nat(stream.length), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (places) => {
      const ends = [...places, stream.length].sort((a, b) => a - b);
      const reader = new EventFrameReader();
      const frames = ends.flatMap((end, index) =>
        reader.read(stream.slice(ends[index - 1] ?? 0, end)),
      );
      expect(frames).toEqual(FRAMES);
    }),
  );
});

test("an event that has not ended is not given", () => {
  const reader = new EventFrameReader();
  expect(reader.read("data: half\n")).toEqual([]);
  expect(reader.read("\n")).toEqual([{ id: undefined, type: "message", data: "half" }]);
});
