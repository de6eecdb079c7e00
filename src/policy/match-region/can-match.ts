// SPDX-License-Identifier: Apache-2.0
import { complete, type Steps } from "../../lang/steps.ts";
import { expandSteps } from "./expand-terms.ts";
import { FIELDS } from "./fields.ts";
import type { FilterTerm } from "./filter-term.ts";

/** Most regions that terms may expand to; a larger product counts as not contradictory. */
const REGION_LIMIT = 4096;

/** Whether some frame can fulfil all terms, prerequisites included. */
export function canMatch(terms: readonly FilterTerm[]): boolean {
  return complete(canMatchSteps(terms));
}

/** `canMatch` in steps. */
export function* canMatchSteps(terms: readonly FilterTerm[]): Steps<boolean> {
  const regions = yield* expandSteps(
    terms.map((term) => simplest(term, terms)),
    REGION_LIMIT,
  );
  // Too many regions to list: there is at least one.
  return regions === undefined || regions.length > 0;
}

/** The fields whose values decide whether a frame has other fields. */
const REQUIRED = new Set(FIELDS.flatMap(({ requires = [] }) => requires.map(({ field }) => field)));

/**
 * A term that meets others when the given one does: with one of its alternatives, where they are all alike
 * because nothing else says anything of their field.
 */
function simplest(term: FilterTerm, all: readonly FilterTerm[]): FilterTerm {
  const { field, alternatives } = term;
  const matters = REQUIRED.has(field.name) || all.filter((each) => each.field === field).length > 1;
  return matters ? term : { field, alternatives: alternatives.slice(0, 1) };
}
