// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { flowKey } from "../../src/flow-model/index.ts";
import { propertyRuns } from "../properties.ts";
import type { FakeSwitch } from "./fake-switch.ts";
import { DPIDS, monitorSwitch, World } from "./model.ts";
import { calm, type Event, shared, wild } from "./model-events.ts";
import { forwarding, recovery } from "./specs.ts";

const RUNS = { numRuns: propertyRuns(500) };
/** Long searches for other histories end, too. */
const timeout = 3_600_000;

test("after any history the switches hold what a fresh start installs; a second pass sends nothing", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...wild), { minLength: 10, maxLength: 60 }),
      async (events) => {
        const world = await after(events);
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
      fc.boolean(),
      async (events, onDemand) => {
        const world = await after(events);
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
      async (events) => {
        const world = new World();
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

async function after(events: readonly Event[]): Promise<World> {
  const world = new World();
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
