// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OvsLab } from "../../lab/index.ts";
import { aimedArb } from "../aimed-frames.ts";
import { mirrorArb, networkArb, policyArb } from "../scenarios.ts";
import { type OvsCase, Run } from "./ovs-run.ts";

const caseArb: fc.Arbitrary<OvsCase> = fc.record({
  network: networkArb
    .filter(({ hosts }) => hosts.length > 4)
    .map((network) => ({ ...network, connected: true })),
  documents: fc.oneof(
    fc.array(policyArb, { minLength: 1, maxLength: 5 }),
    fc.array(mirrorArb, { minLength: 2, maxLength: 6 }),
  ),
  frames: fc.array(aimedArb, { minLength: 6, maxLength: 10 }),
});

/** Spreads seeds, so that consecutive seeds give unrelated cases. */
export const SEED_STEP = 0x9e3779b1;

/** One case for each seed. */
export function runsOf(cases: fc.Arbitrary<OvsCase>, first: number, last: number): Run[] {
  return Array.from({ length: last - first + 1 }, (_, n) => {
    const seed = first + n;
    return new Run(seed, sampleOf(cases, Math.imul(seed, SEED_STEP)));
  });
}

/** A random value. */
export function sampleOf<T>(values: fc.Arbitrary<T>, seed: number): T {
  const [value] = fc.sample(values, { seed, numRuns: 1 });
  if (value === undefined) throw new Error("no case");
  return value;
}

/**
 * Tests real switches against the reference semantics, in one lab: one network per seed, from `first` to
 * `last`. Every frame that leaves any edge port is compared byte by byte.
 */
export function testOnSwitches(first: number, last: number): void {
  const runs = runsOf(caseArb, first, last);
  let lab: OvsLab;
  beforeAll(async () => {
    lab = await OvsLab.start();
    await lab.build({
      switches: runs.flatMap((run) => run.switches),
      links: runs.flatMap((run) => run.links),
    });
  });
  afterAll(() => lab.stop());

  test("the frames of these networks owe enough copies", () => {
    const copies = runs.flatMap((run) => run.entering.map((at) => run.copies(at).length));
    expect(copies.filter((count) => count > 0).length).toBeGreaterThan(runs.length / 2);
  });

  test.each(runs.map((run) => [run.seed, run] as const))("seed %i", async (_, run) => {
    await run.install(lab);
    for (const at of run.entering) {
      const arrived = await run.send(lab, at, () => lab.received());
      const context = `seed ${run.seed}: ${fc.stringify(run.testCase)}`;
      expect(arrived, context).toEqual(run.owed(at));
    }
  });
}
