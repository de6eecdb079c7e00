import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameFields } from "../../src/packet/index.ts";
import { contentHash } from "../../src/pipeline/index.ts";
import { BALANCE_PARTS } from "../../src/policy/balance.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import { type FlowHash, monitorsOwed } from "../../src/policy/semantics.ts";
import { SAMPLE_PARTS } from "../../src/policy/treatment.ts";
import { type AimedPlan, aimedArb, enterAimed } from "./aimed-frames.ts";
import {
  frameText,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
  treatedArb,
} from "./scenarios.ts";

/** More than the default makes a long run: `VTAP_PROPERTY_RUNS=50000 npx vitest run test/policy`. */
const numRuns = Number(process.env.VTAP_PROPERTY_RUNS ?? 200);
const timeout = 3_600_000;

/** Any function of the frame as it came in will do. */
function multipath(bytes: Uint8Array, below: number, seed: number): number {
  return contentHash(Buffer.from(bytes).toString("hex"), seed) % below;
}

function flowHash(bytes: Uint8Array): FlowHash {
  return {
    sample: multipath(bytes, SAMPLE_PARTS, 1),
    balance: multipath(bytes, BALANCE_PARTS, 2),
  };
}

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
  const tapped = scenario.simulate(compiler, multipath);
  const entering = frames.map((plan) => enterAimed(plan, policies, scenario.topology));
  return {
    actual: entering.map((at) => tapped.send(at).delivered.map(frameText).sort()),
    owed: entering.map((at) => {
      const base = untapped.send(at);
      const fields = frameFields(at.bytes) ?? {};
      const { topology } = scenario;
      const owed = monitorsOwed(policies, topology, base.visits, fields, flowHash(at.bytes));
      const copies = [...owed.values()].map(({ monitor: { dpid, port }, treatment }) => ({
        dpid,
        port,
        bytes: at.bytes.subarray(0, treatment.truncate),
      }));
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

  test("cut, choose and spread copies as asked", { timeout }, () => {
    const treated = fc.array(treatedArb, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(networkArb, treated, framesArb, (network, documents, frames) => {
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
