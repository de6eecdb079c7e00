// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { flowKey } from "../../src/flow-model/index.ts";
import { propertyRuns } from "../properties.ts";
import type { FakeSwitch } from "./fake-switch.ts";
import { DPIDS, monitorSwitch, World } from "./model.ts";
import { calm, type Event, shared, wild } from "./model-events.ts";
import { forwarding, recovery } from "./specs.ts";

// Every item is a step: the work on a few entries can be cut anywhere.
vi.mock("../../src/lang/steps.ts", async (original) => ({
  ...(await original<typeof import("../../src/lang/steps.ts")>()),
  *forEach<T>(items: Iterable<T>, callback: (item: T) => void) {
    for (const item of items) {
      callback(item);
      yield;
    }
  },
  *partsOf<T>(items: readonly T[]) {
    for (const item of items) yield [item];
  },
}));

const RUNS = { numRuns: propertyRuns(500) };
/** Long searches for other histories end, too. */
const timeout = 3_600_000;

/** Steps of the reconciler per turn of the event loop, by turn: few, or all that is to be done. */
const slices = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(10_000)), {
  minLength: 1,
  maxLength: 8,
});

test("after any history the switches hold what a fresh start installs; a second pass sends nothing", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...wild), { minLength: 10, maxLength: 60 }),
      slices,
      async (events, cuts) => {
        const world = await after(events, cuts);
        for (const fake of world.switches) fake.removeForeign();
        await world.resyncAll();
        await expectAsAfresh(world, events);
        await expectNothingLeftToDo(world);
      },
    ),
    RUNS,
  );
});

test("an audit or a resync repairs foreign changes; foreign entries in the way are reported", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...shared), { minLength: 10, maxLength: 60 }),
      slices,
      fc.boolean(),
      async (events, cuts, onDemand) => {
        const world = await after(events, cuts);
        const repair = () => (onDemand ? world.resyncAll() : world.auditAll());
        await repair();
        await expectAsAfresh(world, events);
        const [{ received }, warnings] = [world, world.warnings.length];
        await repair();
        expect(world.received).toEqual(received);
        // A resync reports again which foreign entries block own ones.
        if (!onDemand) expect(world.warnings.slice(warnings)).toEqual([]);
        await expectNothingLeftToDo(world);
      },
    ),
    RUNS,
  );
});

test("at no time is a copy without its recovery rule or a production rule missing", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...calm), { minLength: 20, maxLength: 60 }),
      slices,
      async (events, cuts) => {
        const world = new World(cuts);
        const wrong: string[] = [];
        const installed = new Set<number>();
        for (const [index, fake] of world.switches.entries()) {
          fake.onChange = () => {
            wrong.push(...strayCopies(world));
            const there = fake.tables.flows.has(flowKey(forwarding(1)));
            if (there) installed.add(index);
            else if (installed.has(index)) wrong.push(`switch ${index} does not forward`);
          };
        }
        await run(world, events);
        await world.resyncAll();
        expect(wrong).toEqual([]);
      },
    ),
    RUNS,
  );
});

async function after(events: readonly Event[], cuts: readonly number[]): Promise<World> {
  const world = new World(cuts);
  await run(world, events);
  return world;
}

async function run(world: World, events: readonly Event[]): Promise<void> {
  world.compile();
  for (const index of DPIDS.keys()) world.connect(index);
  for (const event of events) await world.apply(event);
  await world.calmDown();
}

/** The same tables and states as if nothing but the policies had been written. */
async function expectAsAfresh(world: World, events: readonly Event[]): Promise<void> {
  const fresh = await World.afresh(events, world);
  expect(world.dumps()).toEqual(fresh.dumps());
  expect(world.unconfirmed()).toEqual(fresh.unconfirmed());
  // Blocked entries are reported; nothing else is pending but copies that depend on them.
  const unconfirmed = world.unconfirmed();
  for (const entry of world.blocked()) {
    expect(unconfirmed[entry]).toContain("another application's flow entry is in its place");
  }
  if (world.blocked().length === 0) expect(unconfirmed).toEqual({});
}

async function expectNothingLeftToDo(world: World): Promise<void> {
  const { received } = world;
  await world.apply({ type: "controller" });
  for (const index of DPIDS.keys()) world.connect(index);
  await world.reconciler.settled();
  expect(world.received).toEqual(received);
}

/** Copies that are sent to a switch that would not recover them. */
function strayCopies(world: World): string[] {
  return world.switches.flatMap((fake, index) =>
    copiesOf(fake).flatMap((monitor) => {
      const at = monitorSwitch(monitor);
      const recovered = world.switches[at]?.tables.flows.has(flowKey(recovery(monitor)));
      return recovered || at === index ? [] : [`switch ${index} copies to monitor ${monitor}`];
    }),
  );
}

/** The monitors that a switch sends copies to. */
function copiesOf({ tables }: FakeSwitch): number[] {
  const applied = [...tables.flows.values()]
    .flatMap(({ instructions }) => instructions)
    .flatMap((each) => (each.type === "applyActions" ? each.actions : []));
  const buckets = applied.flatMap((action) =>
    action.type === "group" ? (tables.groups.get(action.groupId)?.buckets ?? []) : [],
  );
  return buckets.flatMap(({ actions: [first] }) =>
    first?.type === "setField" && "value" in first.field
      ? [Number(first.field.value) - 0xfa00_0000_0000]
      : [],
  );
}
