import type { FilterTerm } from "../model.ts";
import { type FieldName, fieldNamed, type Requirement } from "./fields.ts";
import { EVERYTHING, intersect, type Region, single } from "./region.ts";

/**
 * The regions that together are the frames for which every term holds, prerequisites included: the
 * product of the terms' alternatives. Empty when the terms contradict each other; undefined when
 * there would be more than `limit` regions.
 */
export function expandTerms(
  terms: readonly FilterTerm[],
  limit: number,
): readonly Region[] | undefined {
  let regions: Region[] = [EVERYTHING];
  for (const { field, alternatives } of terms) {
    const next: Region[] = [];
    for (const each of regions) {
      for (const { value, mask } of alternatives) {
        const both = intersect(each, single({ field, value, mask }));
        if (both !== undefined) next.push(both);
        if (next.length > limit) return undefined;
      }
    }
    regions = next;
  }
  const closed = regions.flatMap(withPrerequisites);
  if (closed.length > limit) return undefined;
  if (closed.length < 2) return closed;
  return [...new Map(closed.map((each) => [each.key, each])).values()];
}

/**
 * The frames of a region that have all the fields it constrains: a field's prerequisites are
 * fixed, in one region for each combination they leave open (`tcpDst` alone: IPv4 and IPv6).
 */
export function withPrerequisites(of: Region): readonly Region[] {
  const needed = new Map<string, Requirement>();
  for (const { field } of of.constraints) {
    for (const requirement of field.requires ?? []) {
      const before = needed.get(requirement.field);
      const anyOf = before
        ? requirement.anyOf.filter((value) => before.anyOf.includes(value))
        : requirement.anyOf;
      needed.set(requirement.field, { ...requirement, anyOf });
    }
  }
  let regions: readonly Region[] = [of];
  for (const { field: name, anyOf, mask } of needed.values()) {
    const field = fieldNamed(name as FieldName);
    const choices = anyOf.map((value) => single({ field, value, mask: mask ?? field.fullMask }));
    regions = regions.flatMap((each) =>
      choices.map((choice) => intersect(each, choice)).filter((both) => both !== undefined),
    );
  }
  return regions;
}
