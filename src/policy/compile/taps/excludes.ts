// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../../lang/steps.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import { type Located, RegionIndex } from "../../match-region/region-index.ts";
import { excludedRegions, type RegionOptions } from "./selected-regions.ts";

/** Excludes of a view: frames for which all terms of one of these hold are not copied. */
export type Exclude = readonly (readonly FilterTerm[])[];

/**
 * Most exceptions that the excludes of a policy make in all of its taps, for each match region that it may
 * have: half a million by default.
 */
const EXCEPTIONS_PER_REGION = 128;

/** The excludes of one policy: expanded once for all of its taps, and counted. */
export class Excludes {
  readonly #expanded = new Map<Exclude, Map<string, RegionIndex<Located>>>();
  readonly mostExceptions: number;
  #exceptions = 0;

  constructor(regionsPerPolicy: number) {
    this.mostExceptions = regionsPerPolicy * EXCEPTIONS_PER_REGION;
  }

  /** The excluded regions; undefined: too many. */
  *regionsOf(exclude: Exclude, options: RegionOptions): Steps<RegionIndex<Located> | undefined> {
    const byPorts = this.#expanded.get(exclude) ?? new Map<string, RegionIndex<Located>>();
    this.#expanded.set(exclude, byPorts);
    const known = byPorts.get(options.ports);
    if (known !== undefined) return known;
    const index = new RegionIndex<Located>();
    for (const each of exclude) {
      const expanded = yield* excludedRegions(each, options);
      if (expanded === undefined) return undefined;
      yield* forEach(expanded, (region) => index.add({ region }));
    }
    byPorts.set(options.ports, index);
    return index;
  }

  /** Announces exceptions that are to be made; returns whether the policy may have so many. */
  mayExcept(count: number): boolean {
    this.#exceptions += count;
    return this.#exceptions <= this.mostExceptions;
  }
}
