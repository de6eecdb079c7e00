// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompileEnvironment, type Policy, TapCompiler } from "../../src/policy/index.ts";
import { propertyRuns } from "../properties.ts";
import { tables } from "./followed-tables.ts";
import { mirrorArb, networkArb, policiesOf, policyArb, Scenario } from "./scenarios.ts";

const runs = propertyRuns(500);

/** The tables for policies that are added one by one in this order. */
function tablesFor(environment: CompileEnvironment, policies: readonly Policy[]): string[] {
  const compiler = new TapCompiler(environment);
  for (const policy of policies) compiler.update({ upsert: [policy] });
  return tables(compiler, environment);
}

/** Divides one term's alternatives among two policies. Undefined: no term has several. */
function split(policy: Policy, pick: number): readonly Policy[] | undefined {
  const splittable = policy.filters.flat().filter(({ alternatives }) => alternatives.length > 1);
  const term = splittable[pick % Math.max(1, splittable.length)];
  if (term === undefined) return undefined;
  const middle = 1 + (pick % (term.alternatives.length - 1));
  const halves = [term.alternatives.slice(0, middle), term.alternatives.slice(middle)];
  return halves.map((alternatives, index) => ({
    ...policy,
    id: `${policy.id}.${index}` as Policy["id"],
    filters: policy.filters.map((terms) =>
      terms.map((each) => (each === term ? { ...term, alternatives } : each)),
    ),
  }));
}

const manyArb = fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 1, maxLength: 6 });

describe("laws of policies", () => {
  test("their order has no effect", { timeout: 300_000 }, () => {
    const shuffled = manyArb.chain((all) => {
      const policies = policiesOf(all);
      return fc.tuple(fc.constant(policies), fc.shuffledSubarray(policies, full(policies.length)));
    });
    fc.assert(
      fc.property(networkArb, shuffled, (network, [policies, others]) => {
        const { environment } = new Scenario(network);
        expect(tablesFor(environment, others)).toEqual(tablesFor(environment, policies));
      }),
      { numRuns: runs },
    );
  });

  test("a disabled policy has no effect", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, manyArb, fc.nat(), (network, documents, pick) => {
        const { environment } = new Scenario(network);
        const policies = policiesOf(documents);
        fc.pre(policies.length > 0);
        const at = pick % policies.length;
        const disabled = policies.map((each, index) =>
          index === at ? { ...each, enabled: false } : each,
        );
        const absent = policies.filter((_, index) => index !== at);
        expect(tablesFor(environment, disabled)).toEqual(tablesFor(environment, absent));
      }),
      { numRuns: runs },
    );
  });

  test("adding one and removing it restores every table", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(networkArb, manyArb, policyArb, (network, documents, document) => {
        const { environment } = new Scenario(network);
        const policies = policiesOf(documents);
        const compiler = new TapCompiler(environment);
        compiler.update({ upsert: policies });
        const before = tables(compiler, environment);
        const added = policiesOf([document]).map((each) => ({
          ...each,
          id: "added" as Policy["id"],
        }));
        compiler.update({ upsert: added });
        compiler.update({ remove: added.map(({ id }) => id) });
        expect(tables(compiler, environment)).toEqual(before);
      }),
      { numRuns: runs },
    );
  });

  test("one filter split into two policies changes nothing", { timeout: 300_000 }, () => {
    let splits = 0;
    fc.assert(
      fc.property(networkArb, manyArb, fc.nat(1000), (network, documents, pick) => {
        const { environment } = new Scenario(network);
        const policies = policiesOf(documents);
        const parts = policies.map((policy) => split(policy, pick) ?? [policy]);
        splits += parts.filter(({ length }) => length > 1).length;
        expect(tablesFor(environment, parts.flat())).toEqual(tablesFor(environment, policies));
      }),
      { numRuns: runs },
    );
    expect(splits).toBeGreaterThan(runs / 10);
  });
});

function full(length: number) {
  return { minLength: length, maxLength: length };
}
