// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CompileDelta,
  type CompileEnvironment,
  type Policy,
  type PolicyDocument,
  type PolicyPlan,
  TapCompiler,
} from "../../src/policy/index.ts";
import { propertyRuns } from "../properties.ts";
import { Follower, tables } from "./followed-tables.ts";
import { mirrorArb, networkArb, policiesOf, policyArb, Scenario, treatedArb } from "./scenarios.ts";

const runs = propertyRuns(500);

/** An edit of one of eight policies: upsert a variant of it, disabled or not, or remove it. */
interface EditPlan {
  readonly slot: number;
  readonly document: PolicyDocument | undefined;
  readonly enabled: boolean;
}

const editsArb: fc.Arbitrary<EditPlan[]> = fc.array(
  fc.record({
    slot: fc.nat(7),
    document: fc.option(fc.oneof(policyArb, treatedArb), { nil: undefined }),
    enabled: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  }),
  { minLength: 1, maxLength: 14 },
);

type Edit = { readonly id: string; readonly policy: Policy | undefined };

function editsOf(plan: readonly EditPlan[]): Edit[] {
  return plan.map(({ slot, document, enabled }): Edit => {
    const id = `p${slot}`;
    const [policy] = document === undefined ? [] : policiesOf([{ ...document, enabled }]);
    return { id, policy: policy && { ...policy, id: id as Policy["id"] } };
  });
}

function apply(compiler: TapCompiler, { id, policy }: Edit): CompileDelta {
  return compiler.update(policy ? { upsert: [policy] } : { remove: [id as Policy["id"]] });
}

/** The monitors without entries and without a problem that explains it. */
function unexplained(plan: PolicyPlan | undefined): string[] {
  if (!plan?.enabled) return [];
  const { copies, problems } = plan;
  if (problems.some(({ blocks }) => blocks === "policy")) return [];
  return copies
    .filter(({ monitor, entries }) => {
      return entries.length === 0 && !problems.some((each) => each.monitor === monitor);
    })
    .map(({ monitor }) => monitor);
}

function surviving(edits: readonly Edit[]): Policy[] {
  const last = new Map(edits.map(({ id, policy }) => [id, policy]));
  return [...last.values()].flatMap((policy) => policy ?? []);
}

describe("laws of the compiler", () => {
  test("a monitor without copies has a problem that explains it", { timeout: 300_000 }, () => {
    const many = fc.array(fc.oneof(policyArb, mirrorArb, treatedArb), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(networkArb, many, (network, documents) => {
        const compiler = new TapCompiler(new Scenario(network).environment);
        const policies = policiesOf(documents);
        compiler.update({ upsert: policies });
        for (const { id } of policies) expect(unexplained(compiler.plan(id))).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  test("any edits result in the tables of a full compile", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, editsArb, (network, plan) => {
        const { environment } = new Scenario(network);
        const edits = editsOf(plan);
        const edited = new TapCompiler(environment);
        const follower = new Follower();
        const plans = new Map<string, PolicyPlan | undefined>();
        for (const edit of edits) {
          const delta = apply(edited, edit);
          follower.follow(delta);
          // Cached plans are valid except for the changed policies.
          for (const id of delta.changed) plans.set(id, edited.plan(id));
        }
        const fresh = new TapCompiler(environment);
        fresh.update({ upsert: surviving(edits).reverse() });
        expect(tables(edited, environment)).toEqual(tables(fresh, environment));
        expect(follower.tables()).toEqual(tables(fresh, environment));
        for (const { id } of edits) {
          const key = id as Policy["id"];
          expect(edited.plan(key)).toEqual(fresh.plan(key));
          expect(plans.get(key)).toEqual(fresh.plan(key));
          expect(unexplained(edited.plan(key))).toEqual([]);
        }
      }),
      { numRuns: runs },
    );
  });

  test("limits and colliding marks do not make the result depend on the order", {
    timeout: 300_000,
  }, () => {
    fc.assert(
      fc.property(networkArb, editsArb, fc.integer({ min: 0, max: 30 }), (network, plan, limit) => {
        const { environment } = new Scenario(network);
        const tight: CompileEnvironment = {
          ...environment,
          limits: { intersectionsPerSwitch: limit },
          tapVlans: { first: 100, last: 102 },
          markHash: (key, attempt) => (key.length * 7 + attempt) % 64,
        };
        const edits = editsOf(plan);
        const edited = new TapCompiler(tight);
        for (const edit of edits) apply(edited, edit);
        const fresh = new TapCompiler(tight);
        fresh.update({ upsert: surviving(edits) });
        expect(tables(edited, tight)).toEqual(tables(fresh, tight));
      }),
      { numRuns: runs },
    );
  });

  test("a change that is reverted restores every table", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, editsArb, policyArb, (network, plan, document) => {
        const { environment } = new Scenario(network);
        const compiler = new TapCompiler(environment);
        for (const edit of editsOf(plan)) apply(compiler, edit);
        const before = tables(compiler, environment);
        for (const policy of policiesOf([document])) {
          const extra = { ...policy, id: "extra" as Policy["id"] };
          compiler.update({ upsert: [extra] });
          compiler.update({ remove: [extra.id] });
          expect(tables(compiler, environment)).toEqual(before);
          expect(compiler.refusalsOf([extra])).toEqual([undefined]);
          expect(tables(compiler, environment)).toEqual(before);
        }
      }),
      { numRuns: runs },
    );
  });

  test("a change to another network and back restores every table", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, networkArb, editsArb, (network, other, plan) => {
        const { environment } = new Scenario(network);
        const there = new Scenario(other).environment;
        const compiler = new TapCompiler(environment);
        const follower = new Follower();
        for (const edit of editsOf(plan)) follower.follow(apply(compiler, edit));
        const before = tables(compiler, environment);
        follower.follow(compiler.rebase(there));
        expect(follower.tables()).toEqual(tables(compiler, there));
        follower.follow(compiler.rebase(environment));
        expect(follower.tables()).toEqual(before);
      }),
      { numRuns: runs },
    );
  });
});
