// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { OverriddenRules } from "../../../src/controller/overrides/overridden-rules.ts";
import { entryRef, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { match, parseFlow } from "../../../src/openflow/index.ts";
import type { ListedFlow } from "../../../src/reconcile/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";

const S1 = "0000000000000001" as Dpid;

/** A rule that copies what enters by a port. */
const tap = (inPort: number): FlowSpec => ({
  ...{ table: 0, priority: 20_032, category: "rewriting", actions: [] },
  match: match({ inPort }),
});
const refOf = (rule: FlowSpec) => entryRef(S1, flowKey(rule));

/** Entries of another application, as a switch lists them. */
const listed = (...texts: string[]): ListedFlow[] =>
  texts.map((text) => {
    const { tableId: table, ...flow } = parseFlow(text);
    return { table, ...flow };
  });
const read = (...reading: Parameters<OverriddenRules["read"]>) => {
  rules.read(...reading);
  return rules.idle();
};
const HIDES_1 = "cookie=0x99,priority=65000,in_port=1 actions=drop";

let desired: FlowSpec[];
let events: Extract<ControllerEvent, { type: "entriesOverridden" }>[];
let changed: string[];
/** How many rules each notification named. */
let notified: number[];
let rules: OverriddenRules;

beforeEach(() => {
  desired = [tap(1), tap(2)];
  events = [];
  changed = [];
  notified = [];
  const bus = new EventBus();
  bus.subscribe((event) => {
    if (event.type === "entriesOverridden") events.push(event);
  });
  rules = new OverriddenRules({
    ...{ desired: () => desired, switchName: () => "s1", events: bus },
    logger: pino({ level: "silent" }),
  });
  rules.subscribe((refs) => {
    changed.push(...refs);
    notified.push(refs.length);
  });
});

test("an entry is reported while it is there, and its rule with it", async () => {
  await read(S1, listed(HIDES_1));
  expect(rules.reasonsOf(refOf(tap(1)))).toEqual([
    "another application's flow entry takes frames before a rule on switch s1 (cookie=0x99, table=0,priority=65000,in_port=1): they are not copied; delete it, or lower its priority",
  ]);
  expect(rules.reasonsOf(refOf(tap(2)))).toEqual([]);
  const first = [
    { table: 0, priority: 65_000, cookie: "0x99", match: "in_port=1", actions: "drop" },
  ];
  expect(rules.view(S1)).toEqual({ count: 1, first });
  expect(changed).toEqual([refOf(tap(1))]);
  await read(S1, listed(HIDES_1));
  expect(changed).toHaveLength(1);
  await read(S1, []);
  expect(rules.reasonsOf(refOf(tap(1)))).toEqual([]);
  expect(changed).toEqual([refOf(tap(1)), refOf(tap(1))]);
  await waitFor(() => events.length > 1, { what: "both events" });
  expect(events.map(({ state }) => state)).toEqual(["begun", "ended"]);
  expect([events[0]?.new, events[1]?.old]).toEqual([
    { count: 1, first },
    { count: 1, first },
  ]);
});

test("rules that are added or deleted later are compared with the entries last read", async () => {
  desired = [];
  await read(S1, listed(HIDES_1));
  expect(events).toEqual([]);
  rules.desiredChanged(new Map([[S1, { set: [tap(1), tap(2)], delete: [] }]]));
  await rules.idle();
  expect(changed).toEqual([refOf(tap(1))]);
  expect(rules.reasonsOf(refOf(tap(1)))).toHaveLength(1);
  rules.desiredChanged(new Map([[S1, { set: [], delete: [flowKey(tap(1))] }]]));
  await rules.idle();
  expect(rules.view(S1).count).toBe(0);
  await waitFor(() => events.length > 1, { what: "both events" });
  expect(events.map(({ state }) => state)).toEqual(["begun", "ended"]);
});

test("rules of base forwarding and discovery make no copies", async () => {
  desired = [{ ...tap(1), category: "discovery" }];
  await read(S1, listed(HIDES_1));
  expect(rules.view(S1).count).toBe(0);
});

test("of many entries the five of the highest priorities are named, and all are counted", async () => {
  const many = Array.from({ length: 8 }, (_, n) => `priority=${65_000 + n},in_port=1 actions=drop`);
  await read(S1, listed(...many));
  const { count, first } = rules.view(S1);
  expect([count, first.map(({ priority }) => priority)]).toEqual([
    8,
    [65_007, 65_006, 65_005, 65_004, 65_003],
  ]);
  expect(rules.reasonsOf(refOf(tap(1)))).toHaveLength(5);
});

test("rules are notified in parts, each of them once", async () => {
  desired = Array.from({ length: 1000 }, (_, n) => tap(n + 1));
  await read(S1, listed("priority=65000 actions=drop"));
  expect([changed.length, new Set(changed).size]).toEqual([1000, 1000]);
  expect(Math.max(...notified)).toBeLessThan(100);
});

test("many rules and entries are compared in slices", async () => {
  desired = Array.from({ length: 20_000 }, (_, n) => ({
    ...tap(n % 50),
    match: match({ inPort: n % 50, ethDst: 0xfa00_0000_0000 + n }),
  }));
  const foreign = Array.from({ length: 200 }, (_, n) => {
    const where = n % 10 === 0 ? `in_port=${n % 50}` : `dl_dst=fa:00:00:00:${hex(n)}`;
    return `priority=${30_000 + n},${where} actions=drop`;
  });
  let turns = 0;
  const counting = setInterval(() => turns++);
  await read(S1, listed(...foreign));
  clearInterval(counting);
  expect(rules.view(S1).count).toBe(200);
  // At once it would take one turn.
  expect(turns).toBeGreaterThan(1);
});

function hex(n: number): string {
  return n
    .toString(16)
    .padStart(4, "0")
    .replace(/..(?!$)/, "$&:");
}
