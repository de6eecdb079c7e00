// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  abort,
  BRIDGE,
  comment,
  deleteRows,
  insert,
  insertedRow,
  type Json,
  MIRROR,
  mutate,
  OPEN_VSWITCH,
  type Operation,
  type RowOf,
  select,
  transactionReply,
  transactParams,
  update,
  wait,
  wholeRow,
} from "../../src/ovsdb/index.ts";
import { propertyRuns } from "../properties.ts";

const ID = "6f2b1f5e-0000-4000-8000-000000000001";
const runs = { numRuns: propertyRuns(200) };

/** Members of an operation as a server receives them. */
const sent = ({ json }: Operation) =>
  JSON.parse(JSON.stringify(json)) as { readonly [key: string]: Json };

const texts = fc.string({ maxLength: 5 });
const mirrors: fc.Arbitrary<RowOf<typeof MIRROR>> = fc.record({
  name: texts,
  selectAll: fc.boolean(),
  sources: fc.array(fc.uuid()).map((each) => new Set(each)),
  destinations: fc.array(fc.uuid()).map((each) => new Set(each)),
  vlans: fc.array(fc.nat(4095)).map((each) => new Set(each)),
  outputPort: fc.option(fc.uuid(), { nil: undefined }),
  outputVlan: fc.option(fc.nat(4095), { nil: undefined }),
  snapLength: fc.option(fc.nat(65535), { nil: undefined }),
  externalIds: fc.array(fc.tuple(texts, texts)).map((each) => new Map(each)),
});

describe("what a server reads is what was written", () => {
  test("an inserted row", () => {
    fc.assert(
      fc.property(mirrors, (row) => {
        expect(wholeRow(MIRROR, sent(insert(MIRROR, row)).row as never)).toEqual(row);
      }),
      runs,
    );
  });

  test("an updated row, and no other column", () => {
    const some = mirrors.chain((row) =>
      fc.subarray(Object.keys(row)).map((keys) => [row, keys] as const),
    );
    fc.assert(
      fc.property(some, mirrors, ([row, keys], before) => {
        const picked = Object.fromEntries(
          Object.entries(row).filter(([key]) => keys.includes(key)),
        );
        const written = sent(update(MIRROR, { uuid: ID }, picked)).row as object;
        const stored = { ...(sent(insert(MIRROR, before)).row as object), ...written };
        expect(wholeRow(MIRROR, stored as never)).toEqual({ ...before, ...picked });
      }),
      runs,
    );
  });

  test("a mutated set and a mutated map", () => {
    const numbers = fc.array(fc.nat(9)).map((each) => new Set(each));
    const words: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d");
    const pairs = fc.array(fc.tuple(words, texts)).map((each) => new Map(each));
    const keys = fc.array(words).map((each) => new Set(each));
    fc.assert(
      fc.property(mirrors, numbers, numbers, pairs, keys, (before, into, from, added, gone) => {
        const operation = mutate(
          MIRROR,
          { uuid: ID },
          { vlans: { insert: into, delete: from }, externalIds: { insert: added, delete: gone } },
        );
        const after = mutated(before, sent(operation).mutations as never);
        const vlans = new Set([...before.vlans].filter((each) => !from.has(each)));
        const ids = [...before.externalIds].filter(([key]) => !gone.has(key));
        expect(after).toEqual({
          ...before,
          vlans: new Set([...vlans, ...into]),
          // A key that is there keeps its value.
          externalIds: new Map([...added, ...ids]),
        });
      }),
      runs,
    );
  });

  /** The mutations of RFC 7047 §5.1, on the wire forms of a row. */
  function mutated(row: RowOf<typeof MIRROR>, mutations: readonly [string, string, Json][]) {
    const stored = sent(insert(MIRROR, row)).row as Record<string, Json>;
    for (const [column, mutator, value] of mutations) {
      const [tag, held] = stored[column] as ["set" | "map", Json[]];
      const [, given] = value as ["set" | "map", Json[]];
      const keyOf = (element: Json) =>
        JSON.stringify(tag === "map" ? (element as Json[])[0] : element);
      const isPairs = tag === "map" && (value as Json[])[0] === "map";
      const keys = new Set(given.map((each) => (isPairs ? keyOf(each) : JSON.stringify(each))));
      const kept = held.filter((each) => mutator === "insert" || !keys.has(keyOf(each)));
      const known = new Set(kept.map(keyOf));
      const added = mutator === "insert" ? given.filter((each) => !known.has(keyOf(each))) : [];
      stored[column] = [tag, [...kept, ...added]];
    }
    return wholeRow(MIRROR, stored);
  }
});

test("rows are found by their uuid, by their values, or by that of a row to be inserted", () => {
  expect(sent(deleteRows(MIRROR, { uuid: ID })).where).toEqual([["_uuid", "==", ["uuid", ID]]]);
  expect(sent(select(BRIDGE, { equal: { name: "br0", datapathId: "1" } })).where).toEqual([
    ["name", "==", "br0"],
    ["datapath_id", "==", "1"],
  ]);
  const mirrors = { insert: new Set([insertedRow("m")]) };
  expect(sent(insert(MIRROR, { name: "m" }, "m"))["uuid-name"]).toBe("m");
  expect(sent(mutate(BRIDGE, { equal: { name: "br0" } }, { mirrors })).mutations).toEqual([
    ["mirrors", "insert", ["set", [["named-uuid", "m"]]]],
  ]);
});

test("numbers are added to, guards compare named columns, and comments are texts", () => {
  expect(sent(mutate(OPEN_VSWITCH, { uuid: ID }, { nextConfig: { add: 1 } })).mutations).toEqual([
    ["next_cfg", "+=", 1],
  ]);
  const guard = wait(BRIDGE, { uuid: ID }, ["failMode"], [{ failMode: "secure" }]);
  expect(sent(guard)).toEqual({
    ...{ op: "wait", timeout: 0, table: "Bridge", where: [["_uuid", "==", ["uuid", ID]]] },
    ...{ columns: ["fail_mode"], until: "==", rows: [{ fail_mode: "secure" }] },
  });
  expect(transactParams("Open_vSwitch", [comment("why"), abort()])).toEqual([
    "Open_vSwitch",
    { op: "comment", comment: "why" },
    { op: "abort" },
  ]);
});

describe("replies", () => {
  const operations = [
    insert(MIRROR, { name: "m" }),
    deleteRows(MIRROR, { uuid: ID }),
    select(OPEN_VSWITCH, { uuid: ID }),
    comment("why"),
  ] as const;
  const read = (result: Json, error: Json = null) =>
    transactionReply(operations, { result, error });
  const inserted = { uuid: ["uuid", ID] };

  test("each operation has its own result", () => {
    const reply = read([inserted, { count: 2 }, { rows: [{ next_cfg: 7 }] }, {}]);
    if (reply.type !== "committed") throw new Error(reply.error.detail);
    const [uuid, count, [root], nothing] = reply.results;
    expect([uuid, count, root?.nextConfig, nothing]).toEqual([ID, 2, 7, undefined]);
  });

  test.each<[string, Json, Json, object]>([
    [
      "an operation",
      [inserted, { error: "constraint violation", details: "no such port" }, null, null],
      null,
      { code: "constraint violation", detail: "constraint violation: no such port", operation: 1 },
    ],
    [
      "the commit",
      [inserted, { count: 1 }, { rows: [] }, {}, { error: "I/O error", details: "disk full" }],
      null,
      { code: "I/O error", detail: "I/O error: disk full" },
    ],
    [
      "the transaction",
      null,
      { error: "unknown database", details: "x".repeat(999) },
      { code: "unknown database", detail: `unknown database: ${"x".repeat(999)}`.slice(0, 200) },
    ],
    ["a later server", null, { error: "moon phase" }, { code: "other", detail: "moon phase" }],
    ["a server without words", null, { x: 1 }, { code: "other", detail: '{"x":1}' }],
    ["a server with a text", null, "canceled", { code: "other", detail: "canceled" }],
  ])("an error of %s", (_, result, error, expected) => {
    expect(read(result, error)).toEqual({ type: "refused", error: expected });
  });

  test.each<[string, Json]>([
    ["no list", { count: 1 }],
    ["too few", [inserted]],
    ["an insert without a uuid", [{}, { count: 1 }, { rows: [] }, {}]],
    ["a deletion without a count", [inserted, {}, { rows: [] }, {}]],
    ["a selection without rows", [inserted, { count: 1 }, {}, {}]],
    ["a row that is none", [inserted, { count: 1 }, { rows: [1] }, {}]],
  ])("malformed: %s", (_, result) => {
    expect(() => read(result)).toThrow(/results|expected|count|rows|object/);
  });

  test("any JSON is a reply or malformed", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (result, error) => {
        try {
          expect(["committed", "refused"]).toContain(read(result as Json, error as Json).type);
        } catch (cause) {
          expect((cause as Error).constructor.name).toBe("OvsdbFormatError");
        }
      }),
      runs,
    );
  });
});
