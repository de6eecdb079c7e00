// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { output } from "../../../src/openflow/index.ts";
import { stepsOf } from "../../../src/reconcile/apply/apply-steps.ts";
import { confirmedChanges } from "../../../src/reconcile/model/confirmed-change.ts";
import {
  CHANGE_ORDER,
  messageOf,
  type TableChange,
} from "../../../src/reconcile/model/table-change.ts";
import { noTables } from "../../../src/reconcile/model/tables.ts";
import type { PlanContext } from "../../../src/reconcile/plan/plan-switch.ts";
import { SwitchTracker } from "../../../src/reconcile/state/switch-tracker.ts";
import { accept, load, planSwitch, tablesOf } from "../at-once.ts";
import { copy, dpidOf, forwarding, original, recovery, refTo, rewriting } from "../specs.ts";

const need = refTo(dpidOf(2), recovery(1));
const CONTEXT: PlanContext = {
  gate: {
    isConfirmed: () => true,
    mayExist: () => true,
    stillServes: () => true,
    isGuarding: () => true,
  },
  forwarding: { mayFlood: () => true, mayForward: () => true, presentPath: () => undefined },
  groupIds: { first: 100, last: 199 },
  meterIds: { first: 300, last: 399 },
  sweepAllowed: true,
  isRetained: () => false,
  now: 0,
  neededMs: () => undefined,
  limit: Number.POSITIVE_INFINITY,
};

const NO_METERS = { type: "listed" as const, entries: [] };

/** A switch that holds the entries desired before, with other entries desired now. */
function tracked(before: readonly FlowSpec[], now: readonly FlowSpec[]): SwitchTracker {
  const tracker = new SwitchTracker();
  load(
    tracker,
    tablesOf({ flows: [], groups: [], meters: NO_METERS }, new Map(), CONTEXT),
    CONTEXT.meterIds,
  );
  for (const spec of before) tracker.desire(flowKey(spec), spec);
  const plan = planSwitch(tracker, CONTEXT);
  accept(tracker, plan);
  tracker.confirm(confirmedChanges(plan.changes, { type: "committed" }));
  for (const spec of before) tracker.undesire(flowKey(spec));
  for (const spec of now) tracker.desire(flowKey(spec), spec);
  return tracker;
}

/** A change in a few words: its kind, and the port of the flow entry's first output or its groups. */
function words(change: TableChange): string {
  if ("group" in change) return `${change.type} of ${change.group.buckets.length}`;
  if (!("flow" in change)) return change.type;
  const [action] = change.flow.actions;
  return `${change.type} ${action?.type === "output" ? action.port : (action?.type ?? "drop")}`;
}

const flood = {
  type: "useGroup" as const,
  group: { buckets: [original(4), original(5), original(6)] },
};
const tap = (...copies: number[]) => rewriting(1, [original(), ...copies.map((n) => copy(n))]);
const nested = rewriting(2, [{ role: "original", actions: [flood] }, copy(1)]);

describe("the order of a plan", () => {
  const table: { name: string; before: FlowSpec[]; now: FlowSpec[]; changes: string[] }[] = [
    { name: "nothing", before: [forwarding(1)], now: [forwarding(1)], changes: [] },
    { name: "a new entry", before: [], now: [forwarding(1, 7)], changes: ["flowAdd 7"] },
    {
      name: "a new tap: its group first",
      before: [],
      now: [tap(1)],
      changes: ["groupAdd of 2", "flowAdd group"],
    },
    {
      name: "a removed tap: its group last",
      before: [tap(1)],
      now: [],
      changes: ["flowDelete group", "groupDelete of 2"],
    },
    {
      name: "another copy: new group, the entry in place, old group",
      before: [tap(1)],
      now: [tap(1, 2)],
      changes: ["groupAdd of 3", "flowModify group", "groupDelete of 2"],
    },
    {
      name: "groups in groups: children first in, last out",
      before: [nested],
      now: [tap(1, 2)],
      changes: [
        "groupAdd of 3",
        "flowAdd group",
        "flowDelete group",
        "groupDelete of 2",
        "groupDelete of 3",
      ],
    },
    {
      name: "everything at once: desired entries before the removal of others",
      before: [forwarding(1, 1), forwarding(2, 2), tap(1)],
      now: [forwarding(1, 9), forwarding(3, 3), tap(1, 2, 3)],
      changes: [
        "groupAdd of 4",
        "flowAdd 3",
        "flowModify 9",
        "flowModify group",
        "flowDelete 2",
        "groupDelete of 2",
      ],
    },
  ];
  for (const { name, before, now, changes } of table) {
    test(name, () => {
      const plan = planSwitch(tracked(before, now), CONTEXT);
      expect(plan.changes.map(words)).toEqual(changes);
      const ranks = plan.changes.map(({ type }) => CHANGE_ORDER.indexOf(type));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    });
  }

  test("a child comes before its parents, and in a step of its own without bundles", () => {
    const { changes } = planSwitch(tracked([], [nested]), CONTEXT);
    expect(changes.map(words)).toEqual(["groupAdd of 3", "groupAdd of 2", "flowAdd group"]);
    expect(stepsOf(changes).map((step) => step.changes.map(words))).toEqual([
      ["groupAdd of 3"],
      ["groupAdd of 2"],
      ["flowAdd group"],
    ]);
    const away = planSwitch(tracked([nested], []), CONTEXT).changes;
    expect(stepsOf(away).map((step) => step.changes.map(words))).toEqual([
      ["flowDelete group"],
      ["groupDelete of 2"],
      ["groupDelete of 3"],
    ]);
  });
});

describe("what a plan leaves out", () => {
  const waiting = rewriting(1, [original(), copy(1, [need]), copy(2)]);
  const context = (isConfirmed: boolean, mayExist: boolean, isHeld = false): PlanContext => ({
    ...CONTEXT,
    gate: { ...CONTEXT.gate, isConfirmed: () => isConfirmed, mayExist: () => mayExist },
    isRetained: () => isHeld,
  });
  const onlyCopy = rewriting(1, [original(), copy(1, [need])]);

  test("a copy whose dependencies are not met; the entry is then incomplete", () => {
    const plan = planSwitch(tracked([], [waiting]), context(false, true));
    expect(plan.changes.map(words)).toEqual(["groupAdd of 2", "flowAdd group"]);
    expect(plan.changes.map((change) => "flow" in change && change.flow.fulfils)).toEqual([
      false,
      undefined,
    ]);
  });

  test("an entry that is left without a copy", () => {
    expect(planSwitch(tracked([], [onlyCopy]), context(false, true)).changes).toEqual([]);
    expect(
      planSwitch(tracked([onlyCopy], [onlyCopy]), context(false, false)).changes.map(words),
    ).toEqual(["flowDelete group", "groupDelete of 2"]);
  });

  test("not an entry that shields its frames from the copies of a lower one", () => {
    const shield = { ...onlyCopy, shields: true };
    const plan = planSwitch(tracked([], [shield]), context(false, true));
    expect(plan.changes.map(words)).toEqual(["groupAdd of 1", "flowAdd group"]);
  });

  test("an entry that would take over a monitor's copies before it can make them", () => {
    const pending = { ...copy(1, [need]), copyOf: "monitor" };
    const spec = { ...rewriting(1, [original(), pending, copy(2)]), takesOver: ["monitor"] };
    expect(planSwitch(tracked([], [spec]), context(false, true)).changes).toEqual([]);
    const other = { ...spec, takesOver: ["other"] };
    expect(planSwitch(tracked([], [other]), context(false, true)).changes.map(words)).toEqual([
      "groupAdd of 2",
      "flowAdd group",
    ]);
    expect(planSwitch(tracked([], [spec]), context(true, true)).changes.map(words)).toEqual([
      "groupAdd of 3",
      "flowAdd group",
    ]);
  });

  test("nothing of an installed copy whose dependencies may exist", () => {
    expect(planSwitch(tracked([onlyCopy], [onlyCopy]), context(false, true)).changes).toEqual([]);
  });

  test("deletions of retained entries, and all deletions before the first compile", () => {
    expect(planSwitch(tracked([recovery(1)], []), context(true, true, true)).changes).toEqual([]);
    const early = { ...CONTEXT, sweepAllowed: false };
    expect(planSwitch(tracked([tap(1)], []), early).changes).toEqual([]);
  });

  test("entries beyond the limit, which stay dirty", () => {
    const specs = Array.from({ length: 10 }, (_, n) => forwarding(n));
    const plan = planSwitch(tracked([], specs), { ...CONTEXT, limit: 3 });
    expect([plan.changes.length, plan.keys.length, plan.more]).toEqual([3, 3, true]);
  });
});

describe("groups", () => {
  test("a taken id is skipped, and a content keeps its group", () => {
    const first = planSwitch(tracked([], [tap(1)]), CONTEXT).changes[0];
    const id = first && "group" in first ? first.group.id : 0;
    const foreignGroups = new Set([id, id === 199 ? 100 : id + 1]);
    const tracker = tracked([], [tap(1)]);
    load(tracker, { ...noTables(), foreignGroups }, CONTEXT.meterIds);
    const [add] = planSwitch(tracker, CONTEXT).changes;
    expect(add && "group" in add && add.group.id).toBe(100 + ((id - 100 + 2) % 100));
  });

  test("a range that is full refuses the entry in words", () => {
    const plan = planSwitch(tracked([], [tap(1), tap(1), rewriting(2, [original(), copy(2)])]), {
      ...CONTEXT,
      groupIds: { first: 100, last: 100 },
    });
    expect([...plan.refusals.values()].map(({ reason }) => reason)).toEqual([
      "no group id is left",
    ]);
    expect(plan.changes.map(words)).toEqual(["groupAdd of 2", "flowAdd group"]);
  });

  test("an installed group with the desired buckets is reused, whatever its id", () => {
    const [group, flow] = planSwitch(tracked([], [tap(1)]), CONTEXT).changes;
    if (group?.type !== "groupAdd" || flow?.type !== "flowAdd") throw new Error("unexpected plan");
    const [original, copied] = group.group.buckets;
    if (!original || !copied) throw new Error("unexpected buckets");
    const turned = { ...copied, actions: [...copied.actions].reverse(), weight: 1 };
    const groups = [{ id: 177, type: 0, buckets: [original, turned] }];
    const listing = { flows: [], groups, meters: NO_METERS };
    const tracker = new SwitchTracker();
    load(tracker, tablesOf(listing, tracker.desired, CONTEXT), CONTEXT.meterIds);
    tracker.desire(flowKey(tap(1)), tap(1));
    const plan = planSwitch(tracker, CONTEXT);
    expect(plan.changes.map(words)).toEqual(["flowAdd group"]);
    expect(plan.changes.map(messageOf)[0]).toMatchObject({
      instructions: [{ actions: [{ type: "group", groupId: 177 }] }],
    });
  });

  test("an own entry with another cookie is replaced, one with other instructions modified", () => {
    const spec = forwarding(1);
    const tracker = tracked([spec], []);
    const [flow] = tracker.installed.values();
    if (!flow) throw new Error("nothing installed");
    const { table, priority, match, cookie } = flow;
    const listed = (cookie: bigint, tableId?: number) => ({
      flows: [
        {
          table,
          priority,
          match,
          cookie,
          instructions: [
            { type: "applyActions" as const, actions: [output(1)] },
            ...(tableId ? [{ type: "gotoTable" as const, tableId }] : []),
          ],
        },
      ],
      groups: [],
      meters: NO_METERS,
    });
    const planFor = (listing: ReturnType<typeof listed>) => {
      const next = new SwitchTracker();
      load(next, tablesOf(listing, next.desired, CONTEXT), CONTEXT.meterIds);
      next.desire(flowKey(spec), spec);
      return planSwitch(next, CONTEXT).changes.map(words);
    };
    expect(planFor(listed(cookie))).toEqual([]);
    expect(planFor(listed(cookie ^ 1n))).toEqual(["flowAdd 1"]);
    expect(planFor(listed(cookie, 3))).toEqual(["flowModify 1"]);
  });
});

describe("an entry behind a guard of another switch", () => {
  const guard = refTo(dpidOf(2), recovery(1));
  const entry: FlowSpec = { ...recovery(2), needs: [guard], behind: guard };
  const unguarded = { ...CONTEXT, gate: { ...CONTEXT.gate, isGuarding: () => false } };

  test("is not added before that one is confirmed", () => {
    const tracker = tracked([], [entry]);
    expect(planSwitch(tracker, unguarded).changes).toEqual([]);
    expect(planSwitch(tracker, CONTEXT).changes.map(words)).toHaveLength(1);
  });

  test("stays when that one is lost", () => {
    const tracker = tracked([entry], [entry]);
    expect(planSwitch(tracker, unguarded).changes).toEqual([]);
  });
});
