// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../src/lang/steps.ts";
import {
  BRIDGE,
  type Json,
  MONITOR_METHODS,
  PORT,
  presentColumns,
  Replica,
  SWITCH_DATABASE,
} from "../../src/ovsdb/index.ts";
import { propertyRuns } from "../properties.ts";

const LIMITS = { maxRows: 1000, maxAtoms: 10_000 };
const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A port of a database in the test: its name, and the numbers of its interfaces. */
interface Port {
  readonly name: string;
  readonly interfaces: readonly number[];
}

/** Ports by their numbers. */
type State = Readonly<Record<string, Port>>;

const state: fc.Arbitrary<State> = fc.dictionary(
  fc.constantFrom("1", "2", "3", "4"),
  fc.record({
    name: fc.constantFrom("", "a", "b"),
    interfaces: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  }),
);

const setOf = (numbers: readonly number[]): Json => [
  "set",
  numbers.map((each) => ["uuid", id(each)]),
];
const rowOf = ({ name, interfaces }: Port) => ({ name, interfaces: setOf(interfaces) });

/** What a server sends between two states, in the form of RFC 7047. */
function fullUpdates(before: State, after: State): Json {
  const numbers = new Set([...Object.keys(before), ...Object.keys(after)]);
  const rows = [...numbers].map((each) => {
    const [old, now] = [before[each], after[each]];
    return [id(Number(each)), { ...(old && { old: {} }), ...(now && { new: rowOf(now) }) }];
  });
  return { Port: Object.fromEntries(rows) };
}

/** The same in the form of `update2`. */
function differences(before: State, after: State): Json {
  const numbers = new Set([...Object.keys(before), ...Object.keys(after)]);
  const rows = [...numbers].map((each) => [
    id(Number(each)),
    differenceOf(before[each], after[each]),
  ]);
  return { Port: Object.fromEntries(rows.filter(([, update]) => update !== undefined)) };
}

function differenceOf(old: Port | undefined, now: Port | undefined): Json | undefined {
  if (now === undefined) return { delete: null };
  // Empty columns are left out of new rows.
  const { name, interfaces } = rowOf(now);
  const whole = { ...(now.name && { name }), ...(now.interfaces.length > 0 && { interfaces }) };
  if (old === undefined) return { insert: whole };
  const both = [...new Set([...old.interfaces, ...now.interfaces])];
  const differ = both.filter((x) => old.interfaces.includes(x) !== now.interfaces.includes(x));
  return {
    modify: {
      ...(old.name !== now.name && { name }),
      ...(differ.length > 0 && { interfaces: setOf(differ) }),
    },
  };
}

function ports(replica: Replica): State {
  const rows = [...replica.rows(PORT)].map(([uuid, { name, interfaces }]) => [
    String(Number(uuid.slice(-12))),
    { name, interfaces: [...interfaces].map((each) => Number(each.slice(-12))).sort() },
  ]);
  return Object.fromEntries(rows);
}

const sorted = (of: State): State =>
  Object.fromEntries(
    Object.entries(of).map(([key, port]) => [
      key,
      { ...port, interfaces: [...port.interfaces].sort() },
    ]),
  );

describe("a replica", () => {
  test.each([
    ["full", fullUpdates],
    ["difference", differences],
  ] as const)("follows every change of rows: %s", (form, updates) => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 5 }), (states) => {
        const replica = new Replica(SWITCH_DATABASE, LIMITS);
        let before: State = {};
        for (const after of states) {
          complete(replica.apply({ form, tables: updates(before, after) }));
          expect(ports(replica)).toEqual(sorted(after));
          before = after;
        }
        complete(replica.apply({ form, tables: updates(before, {}) }));
        expect(replica.memoryBytes).toBe(0);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  test.each<[string, Json]>([
    ["a change of an unknown row", { Port: { [id(1)]: { modify: { name: "a" } } } }],
    ["a table that is not monitored", { Flow_Table: { [id(1)]: { delete: null } } }],
    ["a row without a uuid", { Port: { x: { delete: null } } }],
    ["a value of another type", { Port: { [id(1)]: { insert: { name: 1 } } } }],
    ["an update without a member", { Port: { [id(1)]: {} } }],
    ["no object", []],
  ])("rejects %s", (_, tables) => {
    const replica = new Replica(SWITCH_DATABASE, LIMITS);
    expect(() => complete(replica.apply({ form: "difference", tables }))).toThrow(
      /not known|not monitored|uuid|expected|none of its|not an object/,
    );
  });

  test("has limits of rows and of values", () => {
    const insert = (count: number, name: string): Json => ({
      Port: Object.fromEntries(
        Array.from({ length: count }, (_, number) => [id(number), { insert: { name } }]),
      ),
    });
    const apply = (tables: Json) =>
      complete(new Replica(SWITCH_DATABASE, LIMITS).apply({ form: "difference", tables }));
    expect(() => apply(insert(1000, "a"))).not.toThrow();
    expect(() => apply(insert(1001, "a"))).toThrow("exceeds 1000 rows");
    expect(() => apply(insert(1000, "x".repeat(1000)))).toThrow("exceeds 10000 values");
  });
});

describe("the columns of a server", () => {
  const string = { type: "string" };
  const schema = (tables: Json): Json => ({ name: "Open_vSwitch", version: "1.0.0", tables });

  test("are those that it has, in the form that is read", () => {
    const found = presentColumns(
      SWITCH_DATABASE,
      schema({
        Open_vSwitch: { columns: { ovs_version: { type: { key: "string", min: 0, max: 1 } } } },
        Bridge: { columns: { name: string, fail_mode: { type: "integer" }, more: string } },
        Elsewhere: { columns: { name: string } },
      }),
    );
    expect([...found]).toEqual([
      ["Open_vSwitch", ["ovs_version"]],
      ["Bridge", ["name"]],
    ]);
  });

  test("a row has empty values where the server has no column", () => {
    const replica = new Replica(SWITCH_DATABASE, LIMITS);
    complete(
      replica.apply({ form: "full", tables: { Bridge: { [id(1)]: { new: { name: "br0" } } } } }),
    );
    expect(replica.row(BRIDGE, id(1))).toMatchObject({
      name: "br0",
      failMode: undefined,
      protocols: new Set(),
    });
  });

  test.each<[string, Json]>([
    ["of another database", { name: "OVN_Southbound", tables: {} }],
    ["without its root table", schema({})],
    ["that is none", null],
  ])("a schema %s is an error", (_, json) => {
    expect(() => presentColumns(SWITCH_DATABASE, json)).toThrow(/schema/);
  });
});

describe("ways to follow a database", () => {
  const columns = new Map([["Bridge", ["name"]]]);
  const [since, conditional, plain] = MONITOR_METHODS;
  const id1 = id(1);

  test("their requests", () => {
    const request = { Bridge: { columns: ["name"] } };
    expect(since?.params("D", columns, id1)).toEqual(["D", "D", { Bridge: [request.Bridge] }, id1]);
    expect(conditional?.params("D", columns)).toEqual(["D", "D", { Bridge: [request.Bridge] }]);
    expect(plain?.params("D", columns)).toEqual(["D", "D", request]);
  });

  test("a transaction is named by one of them; zero is none", () => {
    expect(since?.started([true, id1, {}])).toMatchObject({ continues: true, transaction: id1 });
    const none = since?.started([false, "00000000-0000-0000-0000-000000000000", {}]);
    expect(none).toEqual({ continues: false, updates: { form: "difference", tables: {} } });
    expect(conditional?.started({}).continues).toBe(false);
  });
});
