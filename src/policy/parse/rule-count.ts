// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { JsonPath, JsonProblem } from "../../topology/index.ts";
import { expandSteps } from "../match-region/expand-terms.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import {
  choicesOf,
  type Source,
  type WrittenFilters,
  withAnyAddresses,
} from "./find-contradictions.ts";

/** What a policy selects: frames of any sender, for any receiver, by any of the filters. */
export interface Selection {
  readonly senders: Source;
  readonly receivers: Source;
  readonly filters: readonly WrittenFilters[];
}

/** Most combinations that are counted for a message. */
const MOST_COUNTED = 16_384;

/** Reports lists and ranges with too many combinations, in steps. */
export function sizeProblems(selection: Selection, limit: number): Steps<JsonProblem[]> {
  const { senders, receivers, filters } = selection;
  const selected = filters.map(({ sources }) => [senders, receivers, ...sources]);
  return excessOf(selected, ["filters"], limit);
}

/** Reports selections that together need more rules than are allowed, in steps. */
export function* excessOf(
  selections: readonly (readonly Source[])[],
  path: JsonPath,
  limit: number,
): Steps<JsonProblem[]> {
  if (isSmall(selections, limit)) return [];
  if ((yield* countRules(selections, limit)) !== undefined) return [];
  const most = Math.max(limit, MOST_COUNTED);
  const needed = (yield* countRules(selections, most)) ?? `more than ${most}`;
  const sizes = new Set(selections.flatMap((sources) => sources.flatMap(sizesOf)));
  const what = `the combinations of ${[...sizes].join(" and ")} need ${needed} rules, and ${limit} are allowed`;
  const remedy = "narrow one of them, split the policy, or raise ruleLimit";
  return [{ path, what, remedy }];
}

/** The lists and ranges of a place, each with the number of its values. */
function sizesOf({ path, anyOf }: Source): string[] {
  const lists = anyOf
    .flat()
    .filter(({ alternatives }) => alternatives.length > 1)
    .map(({ field, alternatives }) => `${field.oxm} (${alternatives.length})`);
  return anyOf.length > 1 ? [`${path.at(-1)} (${anyOf.length})`, ...lists] : lists;
}

/** The number of rules; undefined when there are more than `most`. */
function* countRules(
  selections: readonly (readonly Source[])[],
  most: number,
): Steps<number | undefined> {
  let count = 0;
  let choices = 0;
  for (const sources of selections) {
    for (const terms of choicesOf(sources)) {
      // Those that no frame fulfils need no rule, but time.
      if (++choices > 2 * most) return undefined;
      const regions = yield* expandSteps(withAnyAddresses(terms), most);
      count += regions?.length ?? 0;
      if (regions === undefined || count > most) return undefined;
    }
  }
  return count;
}

/** The product of the numbers of alternatives: as many rules or more, where prerequisites leave a choice. */
export function combinations(terms: readonly FilterTerm[]): number {
  return terms.reduce((product, { alternatives, hosts = [] }) => {
    return product * (alternatives.length + hosts.length);
  }, 1);
}

/**
 * Whether the product of the alternatives is far below the limit: prerequisites multiply it at most by
 * the two address families and by the few protocols that a field may require.
 */
function isSmall(selections: readonly (readonly Source[])[], limit: number): boolean {
  let sum = 0;
  for (const sources of selections) {
    sum += sources.reduce((product, { anyOf }) => {
      const values = anyOf.reduce((all, terms) => all + combinations(terms), 0);
      return product * values;
    }, 1);
  }
  return sum * 64 < limit;
}
