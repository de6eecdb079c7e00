// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { type JsonPath, type JsonProblem, jsonPointer } from "../../topology/index.ts";
import { canMatchSteps } from "../match-region/can-match.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";

/** What a place of the document requires of a frame. */
export interface Source {
  readonly path: JsonPath;
  /** Any of these; of each, all terms must hold. */
  readonly anyOf: readonly (readonly FilterTerm[])[];
}

/** Filters of which all must hold, each with its place in the document. */
export interface WrittenFilters {
  readonly path: JsonPath;
  readonly sources: readonly Source[];
}

/**
 * Every two places of a policy that no frame can match together, as problems that name both. One rule
 * finds all of them: their regions, prerequisites included, do not intersect. Examples: `tcp_dst` with
 * `ip_proto` udp, IPv6 identifiers with `ipv4_src`, `vlan_pcp` with an untagged frame. In steps.
 */
export function* findContradictions(sources: readonly Source[]): Steps<JsonProblem[]> {
  if (yield* canMatchAll(sources)) return [];
  const problems: JsonProblem[] = [];
  for (const [index, later] of sources.entries()) {
    for (const earlier of sources.slice(0, index)) {
      if (yield* canMatchAll([earlier, later])) continue;
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

/** Whether some frame can match all of these places. */
function* canMatchAll(sources: readonly Source[]): Steps<boolean> {
  for (const terms of choicesOf(sources)) {
    yield;
    if (yield* canMatchSteps(withAnyAddresses(terms))) return true;
  }
  return false;
}

/** Every way to fulfil all of these places: the product of what each of them accepts. */
export function* choicesOf(
  sources: readonly Source[],
  chosen: readonly FilterTerm[] = [],
): Generator<readonly FilterTerm[]> {
  const [first, ...others] = sources;
  if (first === undefined) yield chosen;
  else for (const terms of first.anyOf) yield* choicesOf(others, [...chosen, ...terms]);
}

/** Terms for a check before there is a network: each host stands for a value that may be any. */
export function withAnyAddresses(terms: readonly FilterTerm[]): readonly FilterTerm[] {
  if (terms.every(({ hosts }) => hosts === undefined)) return terms;
  return terms.map(({ field, alternatives, hosts = [] }) => {
    const any = hosts.map(() => (field.bits > 48 ? ANY_WIDE : ANY));
    return { field, alternatives: [...alternatives, ...any] };
  });
}

const ANY = { value: 0, mask: 0 };
const ANY_WIDE = { value: 0n, mask: 0n };

function name({ path }: Source): string {
  const isFilter = path[0] === "filters" || path[0] === "exclude";
  return isFilter ? String(path.at(-1)) : path.join(".");
}
