// SPDX-License-Identifier: Apache-2.0
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RuleEnds } from "../../../src/controller/lifetimes/rule-ends.ts";
import type { PolicyEntry } from "../../../src/controller/policies/policy-registry.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";
import { propertyRuns } from "../../properties.ts";

/** A policy's end, if it has one, and the numbers of its entries: odd ones make copies. */
interface Written {
  readonly end?: number | undefined;
  readonly entries: readonly number[];
}

class World {
  readonly clock = new FakeClock();
  readonly policies = new Map<PolicyId, Written>();
  readonly reported = new Set<EntryRef>();
  readonly ends = new RuleEnds({
    registry: {
      get: (id) => {
        const endsAt = this.policies.get(id)?.end;
        if (!this.policies.has(id)) return undefined;
        const policy = { id, ...(endsAt === undefined ? {} : { lifetime: { endsAt } }) };
        return { policy } as unknown as PolicyEntry;
      },
    },
    plan: (id) => {
      const written = this.policies.get(id);
      return written && planOf(id, written);
    },
    makesCopies: (ref) => Number(ref.slice(1)) % 2 === 1,
    clock: this.clock,
    wallClock: () => 0,
    changed: (refs) => {
      for (const ref of refs) this.reported.add(ref);
    },
  });

  write(id: string, written: Written | undefined): void {
    if (written) this.policies.set(id as PolicyId, written);
    else this.policies.delete(id as PolicyId);
    this.ends.plansChanged([id as PolicyId]);
    this.clock.advance(200);
  }

  /** What the definition says of an entry. */
  neededMs(entry: number): number | undefined {
    const users = [...this.policies.values()].filter(({ entries }) => entries.includes(entry));
    const ends = users.flatMap(({ end }) => end ?? []);
    const isEnding = entry % 2 === 1 && users.length > 0 && ends.length === users.length;
    return isEnding ? Math.max(...ends) : undefined;
  }
}

function planOf(id: PolicyId, { entries }: Written): PolicyPlan {
  const refs = entries.map((entry) => `e${entry}` as EntryRef);
  const copies = [{ monitor: "m", entries: refs }];
  return { id, copies } as unknown as PolicyPlan;
}

const ref = (entry: number) => `e${entry}` as EntryRef;

test("an entry is needed until the last of its policies ends, and for ever if one does not", async () => {
  const world = new World();
  /** A queue that has used up its slice goes on in a later turn. */
  const expectEnds = (ends: Readonly<Record<number, number | undefined>>) =>
    waitFor(() => Object.entries(ends).every(([n, end]) => world.ends.neededMs(ref(+n)) === end));
  world.write("a", { end: 100, entries: [1, 2, 3] });
  await expectEnds({ 1: 100, 2: undefined, 3: 100 });
  world.write("b", { end: 200, entries: [3] });
  world.write("c", { entries: [1] });
  await expectEnds({ 1: undefined, 3: 200 });
  world.reported.clear();
  world.write("c", undefined);
  await expectEnds({ 1: 100 });
  expect([...world.reported]).toEqual(["e1"]);
});

test("after any writes the ends are as defined, and every change is reported", async () => {
  const written = fc.record(
    {
      end: fc.integer({ min: 1, max: 9 }),
      entries: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 4 }),
    },
    { requiredKeys: ["entries"] },
  );
  const write = fc.record({
    id: fc.constantFrom("a", "b", "c", "d"),
    written: fc.option(written, { nil: undefined }),
  });
  const story = fc.asyncProperty(fc.array(write, { maxLength: 30 }), async (writes) => {
    const world = new World();
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const { id, written: next } of writes) {
      const before = numbers.map((n) => world.ends.neededMs(ref(n)));
      world.reported.clear();
      world.write(id, next);
      const defined = numbers.map((n) => world.neededMs(n));
      const now = () => numbers.map((n) => world.ends.neededMs(ref(n)));
      await waitFor(() => now().join() === defined.join());
      const changed = numbers.filter((_, at) => before[at] !== defined[at]).map(ref);
      expect([...world.reported].sort()).toEqual(changed);
    }
  });
  await fc.assert(story, { numRuns: propertyRuns(100) });
});
