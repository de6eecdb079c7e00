// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { complete } from "../../../src/lang/steps.ts";
import type { CompileEnvironment } from "../../../src/policy/compile/model/environment.ts";
import { type PolicyDocument, type PolicyId, TapCompiler } from "../../../src/policy/index.ts";
import { tables } from "../followed-tables.ts";
import { type Network, policiesOf, Scenario } from "../scenarios.ts";

/** Three switches in a row: h1 and h2, h3 and h6, h4 and h5. */
const ROW: Network = {
  profiles: ["paths", "paths", "paths"],
  parents: [0, 1],
  extra: [],
  hosts: [0, 0, 1, 2, 2, 1].map((at) => ({ at, shared: false })),
};
const scenario = new Scenario(ROW);
/** Direct links, and hosts that leave the range of one-sided marks so small that one monitor can have some. */
const oneMonitor = new Scenario({
  ...ROW,
  direct: "all",
  lacksTags: true,
  amongMarks: Array.from({ length: 512 }, (_, n) => ({
    at: 1,
    mac: 0x0e79_0000_0000 + n * 2 ** 23,
  })),
});

const H1 = { sender: { host: "h1" }, receiver: "any" } as const;
const TO_H3 = { sender: "any", receiver: { host: "h3" } } as const;
/** Copies with a tag, for a monitor, of so many bytes. */
const tagged = (host: string, truncate?: number) => ({
  monitors: [{ host }],
  copy: { delivery: "tag" as const, ...(truncate === undefined ? {} : { truncate }) },
});

/** A compiler with so many VLAN ids, and edits that end as those of a controller. */
function editing(ids: number) {
  const tapVlans = { first: 4000, last: 3999 + ids };
  return editingIn({ ...scenario.environment, tapVlans });
}

function editingIn(environment: CompileEnvironment) {
  const compiler = new TapCompiler(environment);
  const named = (id: string, document: PolicyDocument) =>
    policiesOf([document]).map((policy) => ({ ...policy, id: id as PolicyId }));
  const end = () => {
    compiler.holdNumbers();
    // No switch uses them any more.
    complete(compiler.freeingVlans(compiler.reclaimableVlans.map(({ key }) => key)));
    compiler.holdNumbers();
  };
  return {
    compiler,
    named,
    add(id: string, document: PolicyDocument) {
      const { switches } = compiler.update({ upsert: named(id, document) });
      end();
      return switches.size;
    },
    remove(id: string) {
      compiler.update({ remove: [id as PolicyId] });
      end();
    },
    problems: (id: string) =>
      compiler.plan(id as PolicyId)?.problems.map(({ monitor, what }) => `${monitor}: ${what}`),
    tables: () => tables(compiler, environment),
  };
}

const waitsFor = (monitor: string) => [
  `${monitor}: no VLAN id is free for tagged copies to monitor ${monitor} (reserve more with tapVlanRange)`,
];

test.each([
  ["longer", 40, undefined],
  ["longer", 40, 60],
  ["shorter", undefined, 40],
] as const)(
  "copies that are %s wait, and change no rule of those that came before",
  (_, first, second) => {
    const { add, problems, tables } = editing(1);
    add("z", { ...H1, ...tagged("h4", first) });
    const before = tables();
    expect(add("a", { ...H1, ...tagged("h4", second) })).toBe(0);
    expect(tables()).toEqual(before);
    expect(problems("z")).toEqual([]);
    expect(problems("a")).toEqual(waitsFor("h4"));
  },
);

test("a tap on another switch is not left copies that it has no id for", () => {
  const { add, problems, tables } = editing(1);
  add("other", { sender: { host: "h2" }, receiver: "any", ...tagged("h5") });
  // The monitor is at the sender's switch: these copies need no id.
  add("z", { ...H1, monitors: [{ host: "h2" }] });
  const before = tables();
  add("a", { ...TO_H3, ...tagged("h2") });
  expect(tables()).toEqual(before);
  expect(problems("z")).toEqual([]);
  expect(problems("a")).toEqual(waitsFor("h2"));
});

test("copies that are left to a tap on another switch wait when it has no id of their length", () => {
  const { add, problems, tables } = editing(1);
  add("z", { ...TO_H3, ...tagged("h4", 40) });
  const before = tables();
  add("a", { ...H1, monitors: [{ host: "h4" }], copy: { delivery: "tag" } });
  expect(tables()).toEqual(expect.arrayContaining(before));
  expect(problems("z")).toEqual([]);
  expect(problems("a")).toEqual(waitsFor("h4"));
});

test("copies that a longer copy serves have an id of their own, for when its policy goes", () => {
  const { add, remove, problems, tables } = editing(2);
  add("short", { ...H1, ...tagged("h4", 40) });
  const alone = tables();
  add("whole", { ...H1, ...tagged("h4") });
  expect(problems("short")).toEqual([]);
  expect(problems("whole")).toEqual([]);
  add("other", { ...H1, ...tagged("h5") });
  expect(problems("other")).toEqual(waitsFor("h5"));
  remove("other");
  remove("whole");
  expect(problems("short")).toEqual([]);
  expect(tables()).toEqual(alone);
});

test("copies wait until an id is free", () => {
  const { add, remove, problems, tables } = editing(1);
  add("whole", { ...H1, ...tagged("h4") });
  const alone = tables();
  remove("whole");
  add("short", { ...H1, ...tagged("h4", 40) });
  add("whole", { ...H1, ...tagged("h4") });
  expect(problems("whole")).toEqual(waitsFor("h4"));
  remove("short");
  expect(problems("whole")).toEqual([]);
  expect(tables()).toEqual(alone);
});

test("a trial changes neither tables nor which policies came last", () => {
  const { add, compiler, named, problems, tables } = editing(1);
  add("short", { ...H1, ...tagged("h4", 40) });
  add("whole", { ...H1, ...tagged("h4") });
  const before = tables();
  const upsert = named("short", { ...H1, ...tagged("h4", 40), enabled: false });
  function* read() {
    yield;
    return "read";
  }
  const reader = { tried: read, present: read };
  complete(compiler.trying({ upsert }, reader));
  expect(tables()).toEqual(before);
  add("third", { ...H1, ...tagged("h4", 20) });
  expect(tables()).toEqual(before);
  expect(problems("short")).toEqual([]);
  expect(problems("whole")).toEqual(waitsFor("h4"));
  expect(problems("third")).toEqual(waitsFor("h4"));
});

test("where one-sided marks have run out, copies that need one wait, and change no rule", () => {
  const { add, problems, remove, tables } = editingIn(oneMonitor.environment);
  const marked = { copy: { delivery: "mark" as const } };
  add("other", { ...H1, monitors: [{ host: "h4" }], ...marked });
  // Both addresses are fixed: these copies need no one-sided mark.
  const pair = { sender: { host: "h1" }, receiver: { host: "h3" } } as const;
  add("z", { ...pair, monitors: [{ host: "h5" }] });
  expect(problems("z")).toEqual([]);
  const before = tables();
  add("a", { ...pair, monitors: [{ host: "h5" }], ...marked });
  expect(tables()).toEqual(before);
  expect(problems("z")).toEqual([]);
  const none = /^h5: no tap mark is free for copies to monitor h5/;
  expect(problems("a")).toEqual([expect.stringMatching(none)]);
  remove("other");
  expect(problems("a")).toEqual([]);
});
