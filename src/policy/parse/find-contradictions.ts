import { type JsonPath, type JsonProblem, jsonPointer } from "../../topology/index.ts";
import { expandTerms } from "../match-region/expand-terms.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";

/** Terms with the place in the document that they come from. */
export interface Source {
  readonly path: JsonPath;
  readonly terms: readonly FilterTerm[];
}

/** Enough for a pair of filters; what is larger is compared by its own limit. */
const PAIR_LIMIT = 65_536;

/**
 * Every two places of a policy that no frame can fulfil together, as problems that name both. One
 * rule for all: their regions, prerequisites included, do not meet. So `tcp_dst` with `ip_proto`
 * udp, IPv6 identifiers with `ipv4_src`, `vlan_pcp` with an untagged frame, all are found alike.
 */
export function findContradictions(sources: readonly Source[]): JsonProblem[] {
  if (meet(sources.flatMap(({ terms }) => terms))) return [];
  const problems: JsonProblem[] = [];
  sources.forEach((later, index) => {
    for (const earlier of sources.slice(0, index)) {
      if (meet([...earlier.terms, ...later.terms])) continue;
      problems.push({
        path: later.path,
        what: `${name(later)} contradicts ${name(earlier)} (${jsonPointer(earlier.path)}): no frame has both`,
        remedy: "change or remove one of them",
      });
    }
  });
  if (problems.length > 0) return problems;
  const all = sources.map(name).join(", ");
  const path = sources.at(-1)?.path ?? [];
  return [
    { path, what: `no frame fulfils ${all} together`, remedy: "change or remove one of them" },
  ];
}

function name({ path }: Source): string {
  return path
    .slice(-2)
    .join(".")
    .replace(/^filters\.|^exclude\./, "");
}

function meet(terms: readonly FilterTerm[]): boolean {
  const regions = expandTerms(terms, PAIR_LIMIT);
  // Too many regions to list is certainly not none.
  return regions === undefined || regions.length > 0;
}
