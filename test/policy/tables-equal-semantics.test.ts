import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameFields } from "../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import { monitorsOwed } from "../../src/policy/semantics.ts";
import { type AimedPlan, aimedArb, enterAimed } from "./aimed-frames.ts";
import {
  frameText,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
} from "./scenarios.ts";

/** More than the default makes a long run: `VTAP_PROPERTY_RUNS=50000 npx vitest run test/policy`. */
const numRuns = Number(process.env.VTAP_PROPERTY_RUNS ?? 200);
const timeout = 3_600_000;

/** What every frame delivers: with the policies' tables, and as it ought to be. */
function deliveries(
  network: Network,
  documents: readonly PolicyDocument[],
  frames: readonly AimedPlan[],
): { readonly actual: string[][]; readonly owed: string[][] } {
  const scenario = new Scenario(network);
  const policies = policiesOf(documents);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policies });
  const untapped = scenario.simulate();
  const tapped = scenario.simulate(compiler);
  const entering = frames.map((plan) => enterAimed(plan, policies, scenario.topology));
  return {
    actual: entering.map((at) => tapped.send(at).delivered.map(frameText).sort()),
    owed: entering.map((at) => {
      const base = untapped.send(at);
      const fields = frameFields(at.bytes) ?? {};
      const monitors = monitorsOwed(policies, scenario.topology, base.visits, fields);
      const copies = [...monitors.values()].map(({ dpid, port }) => ({ ...at, dpid, port }));
      return [...base.delivered, ...copies].map(frameText).sort();
    }),
  };
}

const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 12 });

describe("compiled tables on a simulated network", () => {
  test("do what the policies mean, and leave the originals alone", { timeout }, () => {
    const policies = fc.array(policyArb, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(networkArb, policies, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });

  test("copy once what several switches see and several policies want", { timeout }, () => {
    const mirrors = fc.array(mirrorArb, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(networkArb, mirrors, framesArb, (network, documents, frames) => {
        const { actual, owed } = deliveries(network, documents, frames);
        expect(actual).toEqual(owed);
      }),
      { numRuns },
    );
  });
});
