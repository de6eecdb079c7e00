// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { TapCompiler } from "../../src/policy/index.ts";
import { propertyRuns } from "../properties.ts";
import { aimedArb, enterAimed } from "./aimed-frames.ts";
import { frameText, networkArb, policiesOf, policyArb, Scenario } from "./scenarios.ts";

const numRuns = propertyRuns(500);

/** Where copies by a tap VLAN would lose a tag they are not made; so some are missing, and none is altered. */
test("originals and copies are exact, however many tags switches parse", {
  timeout: 3_600_000,
}, () => {
  const framesArb = fc.array(aimedArb, { minLength: 4, maxLength: 10 });
  const policiesArb = fc.array(policyArb, { minLength: 1, maxLength: 4 });
  let missing = 0;
  fc.assert(
    fc.property(
      networkArb,
      fc.constantFrom(1, 2),
      policiesArb,
      framesArb,
      (network, parsedTags, documents, frames) => {
        const scenario = new Scenario({ ...network, connected: true, parsedTags });
        const policies = policiesOf(documents);
        const compiler = new TapCompiler(scenario.environment);
        compiler.update({ upsert: policies });
        const [before, after] = [scenario.simulate(), scenario.simulate(compiler)];
        for (const plan of frames) {
          const at = enterAimed(plan, policies, scenario.topology);
          const rest = after.send(at).delivered.map(frameText);
          for (const original of before.send(at).delivered.map(frameText)) {
            expect(rest).toContain(original);
            rest.splice(rest.indexOf(original), 1);
          }
          const sent = Buffer.from(at.bytes).toString("hex");
          for (const copy of rest) expect(copy.split(" ")[1]).toBe(sent);
          expect(new Set(rest).size).toBe(rest.length);
        }
        const problems = policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
        if (problems.some(({ what }) => what.includes("innermost of three"))) missing++;
      },
    ),
    { numRuns },
  );
  expect(missing).toBeGreaterThan(0);
});
