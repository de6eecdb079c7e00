// SPDX-License-Identifier: Apache-2.0
import { complete } from "../../lang/steps.ts";
import type { JsonProblem } from "../../topology/index.ts";
import { and } from "../match-region/bits.ts";
import { filterFields } from "../match-region/fields.ts";
import type { Alternative, FilterTerm } from "../match-region/filter-term.ts";
import type { Policy } from "../model/policy.ts";
import { parseFilterValue } from "./filter-values.ts";

/** Most alternatives of a value that is searched for. */
const MOST = 256;

/** Finds policies by their filters. */
export type FilterSearch =
  | { readonly matches: (policy: Policy) => boolean }
  | Pick<JsonProblem, "what" | "remedy">;

/**
 * Finds the policies that name a filter with a value, or with a range or a prefix in which it is; `text` is a value
 * as a policy has it. Undefined: there is no filter of this name.
 */
export function filterSearch(name: string, text: string): FilterSearch | undefined {
  const fields = filterFields(name);
  if (fields === undefined) return undefined;
  const terms: FilterTerm[] = [];
  let problem: JsonProblem | undefined;
  for (const field of fields) {
    const problems: JsonProblem[] = [];
    const read = complete(parseFilterValue(field, text, { path: [], problems, most: MOST }));
    // A name of a service may be one of TCP and none of UDP.
    if (problems.length > 0) problem = problems[0];
    else terms.push({ field, ...(read ?? { alternatives: [ANYTHING] }) });
  }
  if (terms.length === 0 && problem) return { what: problem.what, remedy: problem.remedy };
  return {
    matches: ({ filters }) =>
      filters.some((all) => all.some((term) => terms.some((sought) => overlap(term, sought)))),
  };
}

const ANYTHING: Alternative = { value: 0, mask: 0 };

/** Whether some value is in both terms. */
function overlap(a: FilterTerm, b: FilterTerm): boolean {
  if (a.field.name !== b.field.name) return false;
  return a.alternatives.some((one) => b.alternatives.some((other) => haveCommon(one, other)));
}

function haveCommon(a: Alternative, b: Alternative): boolean {
  if (a === ANYTHING || b === ANYTHING) return true;
  const mask = and(a.mask, b.mask);
  return and(a.value, mask) === and(b.value, mask);
}
