import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics.ts";
import { enter, frameArb, networkArb, policiesOf, policyArb, Scenario } from "./scenarios.ts";
import { frameText } from "./simulated-network.ts";

const runs = Number(process.env.VTAP_PROPERTY_RUNS ?? 1500);

describe("compiled tables on a simulated network", () => {
  test("do what the policies mean, and leave the originals alone", { timeout: 900_000 }, () => {
    const input = fc.record({
      network: networkArb,
      documents: fc.array(policyArb, { minLength: 1, maxLength: 5 }),
      frames: fc.array(frameArb, { minLength: 4, maxLength: 12 }),
    });
    fc.assert(
      fc.property(input, ({ network, documents, frames }) => {
        const scenario = new Scenario(network);
        const policies = policiesOf(documents);
        const compiler = new TapCompiler(scenario.environment);
        compiler.update({ upsert: policies });
        const untapped = scenario.simulate();
        const tapped = scenario.simulate(compiler);
        for (const plan of frames) {
          const at = enter(plan, scenario.topology);
          const base = untapped.send(at);
          const owed = monitorsOwed(policies, scenario.topology, base.seen, at.frame.fields);
          const copies = [...owed.values()].map(({ dpid, port }) => ({ ...at, dpid, port }));
          const expected = [...base.delivered, ...copies].map(frameText).sort();
          expect(tapped.send(at).delivered.map(frameText).sort()).toEqual(expected);
        }
      }),
      { numRuns: runs },
    );
  });
});
