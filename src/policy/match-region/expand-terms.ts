// SPDX-License-Identifier: Apache-2.0
import { complete, type Steps } from "../../lang/steps.ts";
import type { FieldName, Requirement } from "./fields.ts";
import type { FilterTerm } from "./filter-term.ts";
import {
  type Constraint,
  constraint,
  constraintOf,
  contains,
  EVERYTHING,
  intersect,
  type Region,
  region,
  single,
} from "./region.ts";

/** How many regions are made in a step. */
const REGIONS_PER_STEP = 128;

/**
 * The regions whose union is the set of frames for which every term holds, prerequisites included:
 * the product of the terms' alternatives. Empty when the terms contradict each other; undefined when
 * there would be more than `limit` regions.
 */
export function expandTerms(
  terms: readonly FilterTerm[],
  limit: number,
): readonly Region[] | undefined {
  return complete(expandSteps(terms, limit));
}

/** `expandTerms` in steps. */
export function* expandSteps(
  terms: readonly FilterTerm[],
  limit: number,
): Steps<readonly Region[] | undefined> {
  const common: Constraint[] = [];
  let product: readonly Region[] | undefined;
  for (const term of terms) {
    const { field, alternatives } = term;
    const [only] = alternatives;
    if (alternatives.length === 1 && only !== undefined) {
      common.push(constraintOf(field, only.value, only.mask));
      continue;
    }
    product = yield* multiplied(product ?? [EVERYTHING], term, limit);
    if (product === undefined) return undefined;
  }
  const base = region(common);
  if (base === undefined) return [];
  if (product === undefined) return distinct(withPrerequisites(base), limit);
  const closed: Region[] = [];
  for (const [index, each] of product.entries()) {
    closed.push(...withPrerequisites(intersect(each, base)));
    if (index % REGIONS_PER_STEP === REGIONS_PER_STEP - 1) yield;
  }
  return distinct(closed, limit);
}

/** The intersections of regions with the alternatives of a term; undefined when there are too many. */
function* multiplied(
  regions: readonly Region[],
  { field, alternatives }: FilterTerm,
  limit: number,
): Steps<readonly Region[] | undefined> {
  const product: Region[] = [];
  let tried = 0;
  for (const each of regions) {
    for (const { value, mask } of alternatives) {
      // An alternative without a mask is any value.
      const both = mask ? intersect(each, single(constraintOf(field, value, mask))) : each;
      if (both !== undefined) product.push(both);
      if (product.length > limit) return undefined;
      if (++tried % REGIONS_PER_STEP === 0) yield;
    }
  }
  return product;
}

function distinct(regions: readonly Region[], limit: number): readonly Region[] | undefined {
  if (regions.length > limit) return undefined;
  if (regions.length < 2) return regions;
  return [...new Map(regions.map((each) => [each.key, each])).values()];
}

/**
 * The frames of a region that have all the fields it constrains: a field's prerequisites are
 * fixed, in one region for each combination they leave open (`tcpDst` alone: IPv4 and IPv6).
 */
function withPrerequisites(of: Region | undefined): readonly Region[] {
  if (of === undefined) return [];
  let found: readonly Region[] = [of];
  for (const choices of prerequisitesOf(of)) {
    const next: Region[] = [];
    for (const each of found) {
      for (const choice of choices) {
        const both = contains(choice, each) ? each : intersect(each, choice);
        if (both !== undefined) next.push(both);
      }
    }
    found = next;
  }
  return found;
}

/** The regions that a field's value must be in: one of these. */
type Choices = readonly Region[];

/** By the ordinals of the fields with prerequisites; policies use few sets of fields. */
const known = new Map<number | string, readonly Choices[]>();

/** What the fields of a region together require of other fields. */
function prerequisitesOf({ constraints }: Region): readonly Choices[] {
  let key: number | string | undefined;
  for (const { field } of constraints) {
    if (field.requires === undefined) continue;
    key = key === undefined ? field.ordinal : `${key},${field.ordinal}`;
  }
  if (key === undefined) return NOTHING;
  let found = known.get(key);
  if (found === undefined) {
    found = combined(constraints.flatMap(({ field }) => field.requires ?? []));
    known.set(key, found);
  }
  return found;
}

const NOTHING: readonly Choices[] = [];

/** What all requirements together allow: for each field, the values that they have in common. */
function combined(requirements: readonly Requirement[]): readonly Choices[] {
  const needed = new Map<string, readonly Constraint[]>();
  for (const { field: name, anyOf, mask } of requirements) {
    const choices = anyOf.map((value) => constraint(name as FieldName, value, mask));
    const before = needed.get(name);
    const allowed = ({ value }: Constraint) => before?.some((each) => each.value === value) ?? true;
    needed.set(name, choices.filter(allowed));
  }
  return [...needed.values()].map((choices) => choices.map(single));
}
