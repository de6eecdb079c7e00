// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bucket,
  EncodeError,
  encodeMessage,
  type GroupDescEntry,
  joinMultipart,
  MultipartAssembler,
  multipartReply,
  output,
  splitMultipart,
} from "../../../src/openflow/index.ts";

const groups = (count: number): GroupDescEntry[] =>
  Array.from({ length: count }, (_, groupId) => ({
    groupType: 0,
    groupId,
    buckets: [bucket([output(1)]), bucket([output(2)])],
  }));

const answer = (count: number) =>
  multipartReply({ type: "groupDesc", entries: groups(count) }, { xid: 7 });

test("a long reply is split into messages that fit, and joined again", () => {
  const parts = splitMultipart(answer(5000));
  expect(parts.length).toBeGreaterThan(5);
  for (const part of parts) expect(encodeMessage(part).length).toBeLessThanOrEqual(0xffff);
  expect(parts.map(({ flags }) => flags)).toEqual([...new Array(parts.length - 1).fill(1), 0]);
  const assembler = new MultipartAssembler();
  const results = parts.map((part) => assembler.push(part));
  expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
  expect(results.at(-1)).toEqual(answer(5000));
});

test("for any limit", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 100, max: 2000 }), (count, maxBytes) => {
      const parts = splitMultipart(answer(count), maxBytes);
      for (const part of parts) expect(encodeMessage(part).length).toBeLessThanOrEqual(maxBytes);
      expect(joinMultipart(parts)).toEqual(answer(count));
    }),
    { numRuns: 50 },
  );
});

test("an entry that does not fit is an error", () => {
  expect(() => splitMultipart(answer(1), 50)).toThrow(EncodeError);
});

test("replies of different xids are kept apart", () => {
  const assembler = new MultipartAssembler();
  const [a1, a2] = splitMultipart(answer(20), 1000);
  const b = multipartReply({ type: "desc", ...DESC }, { xid: 8 });
  if (a1 === undefined || a2 === undefined) throw new Error("not split");
  expect(assembler.push(a1)).toBeUndefined();
  expect(assembler.push(b)).toEqual(b);
});

test("a reply that never ends is dropped", () => {
  const part = multipartReply({ type: "groupDesc", entries: [] }, { xid: 1, flags: 1 });
  const assembler = new MultipartAssembler({ maxParts: 3, maxAnswers: 2 });
  assembler.push(part);
  assembler.push(part);
  expect(() => assembler.push(part)).toThrow(RangeError);
  assembler.push({ ...part, xid: 2 });
  assembler.push({ ...part, xid: 3 });
  expect(() => assembler.push({ ...part, xid: 4 })).toThrow(RangeError);
  assembler.forget(2);
  expect(assembler.push({ ...part, xid: 5 })).toBeUndefined();
});

const DESC = {
  manufacturer: "",
  hardware: "",
  software: "",
  serialNumber: "",
  datapathDescription: "",
};
