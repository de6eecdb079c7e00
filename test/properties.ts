/**
 * How properties are tried. The same stories every time, so that a failure is of the change that is
 * tried and not of chance; other stories are for who looks for them:
 * `VTAP_PROPERTY_SEED=random VTAP_PROPERTY_RUNS=50000 npx vitest run test/policy`.
 */
import fc from "fast-check";

const { VTAP_PROPERTY_SEED: wanted = "20261128", VTAP_PROPERTY_RUNS: runs } = process.env;

/** Of all random stories and frames of this process. */
export const propertySeed =
  wanted === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);

fc.configureGlobal({ seed: propertySeed });

/** How often to try a property, unless somebody asks for more. */
export function propertyRuns(usual: number): number {
  return Number(runs ?? usual);
}
