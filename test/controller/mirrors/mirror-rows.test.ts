// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { bridgesOf } from "../../../src/controller/databases/bridge-settings.ts";
import {
  type RequestedMirror,
  SwitchMirrors,
} from "../../../src/controller/mirrors/switch-mirrors.ts";
import { complete } from "../../../src/lang/steps.ts";
import { type Json, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";
import type { PlannedMirror, PolicyId } from "../../../src/policy/index.ts";
import type { Dpid, PortNo } from "../../../src/topology/index.ts";

const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;
const uuid = (number: number): Json => ["uuid", id(number)];
const DPID = "00000000000000a1" as Dpid;
const label = (text: string): Json => ["map", [["openvtap-mirror", text]]];

type Columns = { [column: string]: Json };

/** Ports 1 to 3, and a bond of ports 4 and 5, on a bridge with these mirrors. `vlans`: columns of all ports. */
function replicaWith(
  mirrors: readonly Columns[],
  vlans: Columns | readonly Columns[] = {},
): Replica {
  const ofPort = (index: number) => (Array.isArray(vlans) ? vlans[index] : vlans) as Columns;
  const replica = new Replica(SWITCH_DATABASE, { maxRows: 1000, maxAtoms: 10_000 });
  const rows = (all: readonly (readonly [number, Json])[]) =>
    Object.fromEntries(all.map(([number, row]) => [id(number), { new: row }]));
  const uuids = (numbers: readonly number[]): Json => ["set", numbers.map(uuid)];
  const tables: Json = {
    Bridge: rows([
      [
        9,
        {
          ...{ name: "br0", datapath_id: DPID, ports: uuids([11, 12, 13, 14]) },
          mirrors: uuids(mirrors.map((_, index) => 100 + index)),
        },
      ],
    ]),
    Port: rows([
      ...[1, 2, 3].map(
        (number) =>
          [
            10 + number,
            { name: `p${number}`, interfaces: uuid(20 + number), ...ofPort(number - 1) },
          ] as const,
      ),
      [14, { name: "bond", interfaces: uuids([24, 25]), ...ofPort(3) }],
    ]),
    Interface: rows(
      [1, 2, 3, 4, 5].map(
        (number) => [20 + number, { name: `p${number}`, ofport: number }] as const,
      ),
    ),
    Mirror: rows(mirrors.map((row, index) => [100 + index, row] as const)),
  };
  complete(replica.apply({ form: "full", tables }));
  return replica;
}

const requested = (policy: string, more: Partial<PlannedMirror> = {}): RequestedMirror => ({
  ...{ policy: policy as PolicyId, label: `${policy}/0` },
  planned: {
    ...{ monitor: "h3", index: 0, dpid: DPID, isAll: false, sources: [1 as PortNo] },
    ...{ destinations: [], vlans: [], output: { port: 3 as PortNo } },
    ...more,
  },
});

function changeOf(
  replica: Replica,
  all: readonly RequestedMirror[],
  waiting: readonly string[] = [],
) {
  const mirrors = SwitchMirrors.of(replica, DPID, all, () => undefined);
  if (mirrors === undefined) throw new Error("no bridge");
  const change = mirrors.change(undefined as never, (policy) => waiting.includes(policy));
  const operations = change.operations.map(({ json }) => json as { readonly [key: string]: Json });
  return { mirrors, change, operations };
}

/** The mirror of a policy as a database has it that was brought there. */
const stored = (policy: string, more: { [column: string]: Json } = {}) => ({
  ...{ name: `openvtap-${policy}/0`, select_src_port: uuid(11), output_port: uuid(13) },
  external_ids: label(`${policy}/0`),
  ...more,
});
const THEIRS = { name: "theirs", select_all: true, output_port: uuid(12) };

describe("operations", () => {
  test("none for mirrors that are there, whatever the order", () => {
    const replica = replicaWith([stored("b"), THEIRS, stored("a")]);
    const { operations, change } = changeOf(replica, [requested("a"), requested("b")]);
    expect(operations).toEqual([]);
    expect([...change.unchanged]).toEqual([
      ["b/0", id(100)],
      ["a/0", id(102)],
    ]);
  });

  test("one is added, one changed, one removed; those of others and of policies that wait stay", () => {
    const replica = replicaWith([
      THEIRS,
      stored("changed", { snaplen: 99 }),
      stored("gone"),
      stored("waits"),
      stored("changed"),
    ]);
    const { operations } = changeOf(replica, [requested("changed"), requested("new")], ["waits"]);
    expect(operations.map(({ op }) => op)).toEqual(["wait", "update", "insert", "mutate"]);
    const [guard, changed, added, list] = operations;
    expect(guard).toMatchObject({
      ...{ table: "Bridge", columns: ["mirrors"], until: "==" },
      rows: [{ mirrors: ["set", [100, 101, 102, 103, 104].map(uuid)] }],
    });
    expect(changed).toMatchObject({ where: [["_uuid", "==", uuid(101)]] });
    expect(added).toMatchObject({
      row: {
        ...{ name: "openvtap-new/0", select_src_port: ["set", [uuid(11)]], output_port: uuid(13) },
        ...{ external_ids: label("new/0"), snaplen: ["set", []] },
      },
    });
    expect(list).toMatchObject({
      mutations: [
        // The second of the same label as well.
        ["mirrors", "delete", ["set", [uuid(102), uuid(104)]]],
        ["mirrors", "insert", ["set", [["named-uuid", "m0"]]]],
      ],
    });
  });

  test("mirrors of one output have the largest length", () => {
    const all = [requested("a", { snapLength: 60 }), requested("b", { snapLength: 90 })];
    const lengths = (each: readonly RequestedMirror[]) =>
      changeOf(replicaWith([]), each)
        .operations.filter(({ op }) => op === "insert")
        .map(({ row }) => (row as { readonly snaplen: Json }).snaplen);
    expect(lengths(all)).toEqual([90, 90]);
    expect(lengths([...all, requested("c")])).toEqual([
      ["set", []],
      ["set", []],
      ["set", []],
    ]);
    expect(
      lengths([...all, requested("c", { output: { port: 2 as PortNo } })]).slice(0, 2),
    ).toEqual([90, 90]);
  });
});

describe("what a switch cannot have", () => {
  const problems = (mirror: RequestedMirror, mirrors: readonly { [column: string]: Json }[] = []) =>
    changeOf(replicaWith(mirrors), [mirror]).mirrors.problems;

  test.each<[string, Partial<PlannedMirror>, boolean, RegExp]>([
    ["a port that is not there yet", { sources: [8 as PortNo] }, false, /port 8 is not in the/],
    ["a member of a bond", { sources: [5 as PortNo] }, true, /port bond is a bond/],
    ["two ports of a pattern", { output: { pattern: "p*" } }, true, /ambiguous: p1 and p2/],
    ["a bond as monitor", { output: { pattern: "bo*" } }, true, /port bond is a bond/],
  ])("%s", (_, more, isError, what) => {
    expect(problems(requested("a", more))).toMatchObject([{ isError }]);
    expect(problems(requested("a", more))[0]?.what).toMatch(what);
  });

  test("a pattern without a port is no problem, and no mirror", () => {
    const { mirrors, operations } = changeOf(replicaWith([]), [
      requested("a", { output: { pattern: "x*" } }),
    ]);
    expect([mirrors.problems, mirrors.desired, operations]).toEqual([[], [], []]);
  });

  test("more than 32 mirrors, those of others included", () => {
    const others = Array.from({ length: 31 }, (_, index) => ({ ...THEIRS, name: `t${index}` }));
    const { mirrors } = changeOf(replicaWith(others), [requested("a"), requested("b")]);
    expect(mirrors.desired.map(({ policy }) => policy)).toEqual(["a"]);
    expect(mirrors.problems).toMatchObject([{ policy: "b", isError: true }]);
    expect(mirrors.problems[0]?.what).toMatch(/32 mirrors already/);
  });

  test("a mirror of others with another length at the same output", () => {
    const theirs = { ...THEIRS, output_port: uuid(13) };
    expect(problems(requested("a"), [theirs])).toEqual([]);
    expect(problems(requested("a"), [{ ...theirs, snaplen: 64 }])[0]?.what).toMatch(
      /mirror theirs/,
    );
  });
});

describe("an RSPAN VLAN", () => {
  const request = requested("a", { output: { vlan: 900 } });
  const access = { tag: 7 };

  test.each<[string, Columns]>([
    ["an access port", { tag: 900 }],
    ["a trunk", { trunks: ["set", [7, 900]] }],
    ["a native VLAN", { vlan_mode: "native-untagged", tag: 900, trunks: 7 }],
    ["a tunnel of tags", { vlan_mode: "dot1q-tunnel", tag: 900 }],
  ])("is the output where a port carries it: %s", (_, port) => {
    const replica = replicaWith([], [access, access, port, access]);
    const { mirrors, operations } = changeOf(replica, [request]);
    expect(mirrors.problems).toEqual([]);
    expect(operations).toContainEqual(
      expect.objectContaining({
        op: "insert",
        row: expect.objectContaining({ output_vlan: 900, output_port: ["set", []] }),
      }),
    );
  });

  test.each<[string, readonly Columns[], boolean, RegExp]>([
    [
      "trunks of all VLANs",
      [{}, access, {}, access],
      true,
      /every port that .*: p1, p3; give each/,
    ],
    [
      "a native VLAN beside all others",
      [access, { vlan_mode: "native-tagged", tag: 5 }, access, access],
      ...([true, /all VLANs: p2;/] as const),
    ],
    ["no port at all", [access, access, access, access], false, /no port carries VLAN 900/],
  ])("is none where copies would reach %s", (_, ports, isError, what) => {
    const [problem] = changeOf(replicaWith([], ports), [request]).mirrors.problems;
    expect(problem).toMatchObject({ isError, what: expect.stringMatching(what) });
  });

  test("mirrors of it have the largest length, and others' of another length are a conflict", () => {
    const ports = { tag: 900 };
    const all = [request, requested("b", { output: { vlan: 900 }, snapLength: 60 })];
    const lengths = changeOf(replicaWith([], ports), all)
      .operations.filter(({ op }) => op === "insert")
      .map(({ row }) => (row as { readonly snaplen: Json }).snaplen);
    expect(lengths).toEqual([
      ["set", []],
      ["set", []],
    ]);
    const theirs = { name: "theirs", select_all: true, output_vlan: 900, snaplen: 64 };
    const [problem] = changeOf(replicaWith([theirs], ports), [request]).mirrors.problems;
    expect(problem?.what).toMatch(/mirror theirs.* to the same VLAN/);
    const elsewhere = { ...theirs, output_vlan: 901 };
    expect(changeOf(replicaWith([elsewhere], ports), [request]).mirrors.problems).toEqual([]);
  });
});

test("a database without the switch has no mirrors of it", () => {
  const replica = replicaWith([]);
  expect(bridgesOf(replica).size).toBe(1);
  expect(SwitchMirrors.of(replica, "1" as Dpid, [], () => undefined)).toBeUndefined();
});
