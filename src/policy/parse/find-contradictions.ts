// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { type JsonPath, type JsonProblem, jsonPointer } from "../../topology/index.ts";
import { expandSteps } from "../match-region/expand-terms.ts";
import { FIELDS } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";

/** Terms with their place in the document. */
export interface Source {
  readonly path: JsonPath;
  readonly terms: readonly FilterTerm[];
}

/** Most regions that a pair of filters may expand to; a larger product counts as not contradictory. */
const PAIR_LIMIT = 4096;

/**
 * Every two places of a policy that no frame can match together, as problems that name both. One rule
 * finds all of them: their regions, prerequisites included, do not intersect. Examples: `tcp_dst` with
 * `ip_proto` udp, IPv6 identifiers with `ipv4_src`, `vlan_pcp` with an untagged frame. In steps.
 */
export function* findContradictions(sources: readonly Source[]): Steps<JsonProblem[]> {
  if (yield* canMatch(sources.flatMap(({ terms }) => terms))) return [];
  const problems: JsonProblem[] = [];
  for (const [index, later] of sources.entries()) {
    for (const earlier of sources.slice(0, index)) {
      yield;
      if (yield* canMatch([...earlier.terms, ...later.terms])) continue;
      problems.push({
        path: later.path,
        what: `${name(later)} contradicts ${name(earlier)} (${jsonPointer(earlier.path)}): no frame has both`,
        remedy: "change or remove one of them",
      });
    }
  }
  if (problems.length > 0) return problems;
  const all = sources.map(name).join(", ");
  const path = sources.at(-1)?.path ?? [];
  return [
    { path, what: `no frame matches ${all} together`, remedy: "change or remove one of them" },
  ];
}

function name({ path }: Source): string {
  return path
    .slice(-2)
    .join(".")
    .replace(/^filters\.|^exclude\./, "");
}

function* canMatch(terms: readonly FilterTerm[]): Steps<boolean> {
  const regions = yield* expandSteps(
    terms.map((term) => simplest(term, terms)),
    PAIR_LIMIT,
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
