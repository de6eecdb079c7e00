// SPDX-License-Identifier: Apache-2.0
/**
 * Settings of property tests. The seed is fixed, so that a failure comes from the change under test and
 * not from chance. To search for other counterexamples:
 * `VTAP_PROPERTY_SEED=random VTAP_PROPERTY_RUNS=50000 npx vitest run test/policy`.
 */
import fc from "fast-check";

const { VTAP_PROPERTY_SEED: seed = "20261128", VTAP_PROPERTY_RUNS: runs } = process.env;

/** The seed of all random values of this process. */
export const propertySeed = seed === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(seed);

fc.configureGlobal({ seed: propertySeed });

/** How many runs of a property: the usual number, or VTAP_PROPERTY_RUNS. */
export function propertyRuns(usual: number): number {
  return Number(runs ?? usual);
}
