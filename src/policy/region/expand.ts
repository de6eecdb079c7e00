import type { FilterTerm } from "../model.ts";
import type { FieldName, Requirement } from "./fields.ts";
import {
  type Constraint,
  constraint,
  constraintOf,
  EVERYTHING,
  intersect,
  type Region,
  region,
  single,
} from "./region.ts";

/**
 * The regions that together are the frames for which every term holds, prerequisites included: the
 * product of the terms' alternatives. Empty when the terms contradict each other; undefined when
 * there would be more than `limit` regions.
 */
export function expandTerms(
  terms: readonly FilterTerm[],
  limit: number,
): readonly Region[] | undefined {
  const common: Constraint[] = [];
  let product: Region[] | undefined;
  for (const { field, alternatives } of terms) {
    const [only] = alternatives;
    if (alternatives.length === 1 && only !== undefined) {
      common.push(constraintOf(field, only.value, only.mask));
      continue;
    }
    const next: Region[] = [];
    for (const each of product ?? [EVERYTHING]) {
      for (const { value, mask } of alternatives) {
        const both = intersect(each, single(constraintOf(field, value, mask)));
        if (both !== undefined) next.push(both);
        if (next.length > limit) return undefined;
      }
    }
    product = next;
  }
  const base = region(common);
  if (base === undefined) return [];
  const closed = product
    ? product.flatMap((each) => withPrerequisites(intersect(each, base)))
    : withPrerequisites(base);
  if (closed.length > limit) return undefined;
  if (closed.length < 2) return closed;
  return [...new Map(closed.map((each) => [each.key, each])).values()];
}

/**
 * The frames of a region that have all the fields it constrains: a field's prerequisites are
 * fixed, in one region for each combination they leave open (`tcpDst` alone: IPv4 and IPv6).
 */
export function withPrerequisites(of: Region | undefined): readonly Region[] {
  if (of === undefined) return [];
  let needed: Map<string, readonly Constraint[]> | undefined;
  for (const { field } of of.constraints) {
    for (const requirement of field.requires ?? []) {
      needed ??= new Map();
      const choices = choicesOf(requirement);
      const before = needed.get(requirement.field);
      needed.set(
        requirement.field,
        before
          ? choices.filter(({ value }) => before.some((each) => each.value === value))
          : choices,
      );
    }
  }
  let regions: readonly Region[] = [of];
  for (const choices of needed?.values() ?? []) {
    const next: Region[] = [];
    for (const each of regions) {
      for (const choice of choices) {
        const both = intersect(each, single(choice));
        if (both !== undefined) next.push(both);
      }
    }
    regions = next;
  }
  return regions;
}

const choices = new Map<Requirement, readonly Constraint[]>();

/** The values that a requirement allows, as constraints. */
function choicesOf(requirement: Requirement): readonly Constraint[] {
  let found = choices.get(requirement);
  if (found === undefined) {
    const { field: name, anyOf, mask } = requirement;
    found = anyOf.map((value) => constraint(name as FieldName, value, mask));
    choices.set(requirement, found);
  }
  return found;
}
