// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../../lang/is-object.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  didYouMean,
  type JsonPath,
  type JsonProblem,
  MAX_PROBLEMS,
  wrongType,
} from "../../topology/index.ts";
import { expandSteps } from "../match-region/expand-terms.ts";
import { FILTER_NAMES, filterField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import { parseFilterValue } from "./filter-values.ts";
import { findContradictions, type Source } from "./find-contradictions.ts";

/** What is read on the way, and how many rules the filters of a policy may need. */
interface Reading {
  readonly problems: JsonProblem[];
  readonly most: number;
}

/** Reads filters in steps; problems are appended. */
export function* readFilters(
  filters: object,
  base: JsonPath,
  reading: Reading,
): Steps<readonly Source[]> {
  const { problems } = reading;
  const sources: Source[] = [];
  for (const [name, value] of Object.entries(filters)) {
    if (problems.length > MAX_PROBLEMS) break;
    yield;
    const path = [...base, name];
    const field = filterField(name);
    if (field === undefined) {
      const remedy = didYouMean(name, FILTER_NAMES) ?? unknownFilterRemedy(name);
      problems.push({ path, at: "key", what: `there is no filter "${name}"`, remedy });
      continue;
    }
    const alternatives = yield* parseFilterValue(field, value, { ...reading, path });
    if (alternatives !== undefined) sources.push({ path, terms: [{ field, alternatives }] });
  }
  return sources;
}

function unknownFilterRemedy(name: string): string {
  if (name === "in_port") return "name the port as the sender";
  return `write one of ${FILTER_NAMES.join(", ")}`;
}

/**
 * Reads excludes in steps, and no further than the rules that are allowed; problems are appended.
 */
export function* readExcludes(
  excludes: readonly unknown[],
  reading: Reading,
): Steps<readonly (readonly FilterTerm[])[]> {
  const { problems, most } = reading;
  const read: (readonly FilterTerm[])[] = [];
  let needed = 0;
  for (const [index, filters] of excludes.entries()) {
    if (problems.length > MAX_PROBLEMS) break;
    const path = ["exclude", index];
    if (!isObject(filters)) {
      problems.push(wrongType("object", path, filters));
      continue;
    }
    const terms = yield* readExclude(filters, path, reading);
    read.push(terms);
    needed += combinations(terms);
    if (needed <= most) continue;
    const what = `the excludes need more than the ${most} rules that are allowed`;
    const remedy = "narrow or join them, split the policy, or raise ruleLimit";
    problems.push({ path: ["exclude"], what, remedy });
    break;
  }
  return read;
}

function* readExclude(
  filters: object,
  path: JsonPath,
  reading: Reading,
): Steps<readonly FilterTerm[]> {
  const { problems, most } = reading;
  const before = problems.length;
  const sources = yield* readFilters(filters, path, reading);
  if (problems.length > before) return [];
  if (sources.length === 0) {
    const what = "this excludes every frame";
    problems.push({ path, what, remedy: 'name the frames to exclude, or write "enabled": false' });
    return [];
  }
  problems.push(...(yield* combinationProblems(sources, path, most)));
  return problems.length > before ? [] : termsOf(sources);
}

/** The terms of all sources. */
export function termsOf(sources: readonly Source[]): readonly FilterTerm[] {
  return sources.flatMap(({ terms }) => terms);
}

/** Most combinations that are counted for a message. */
const MOST_COUNTED = 16_384;

/** Reports filters that contradict each other, or else lists and ranges with too many combinations. */
export function* combinationProblems(
  sources: readonly Source[],
  path: JsonPath,
  limit: number,
): Steps<readonly JsonProblem[]> {
  const contradictions = yield* findContradictions(sources);
  if (contradictions.length > 0) return contradictions;
  const terms = termsOf(sources);
  if (isSmall(terms, limit) || (yield* expandSteps(terms, limit)) !== undefined) return [];
  const sizes = terms
    .filter(({ alternatives }) => alternatives.length > 1)
    .map(({ field, alternatives }) => `${field.oxm} (${alternatives.length})`);
  const counted = Math.max(limit, MOST_COUNTED);
  const needed = (yield* expandSteps(terms, counted))?.length ?? `more than ${counted}`;
  const what = `the combinations of ${sizes.join(" and ")} need ${needed} rules, and ${limit} are allowed`;
  const remedy = "narrow one of them, split the policy, or raise ruleLimit";
  return [{ path, what, remedy }];
}

/** The product of the numbers of alternatives: as many rules or more, where prerequisites leave a choice. */
function combinations(terms: readonly FilterTerm[]): number {
  return terms.reduce((product, { alternatives }) => product * alternatives.length, 1);
}

/**
 * Whether the product of the alternatives is far below the limit: prerequisites multiply it at most by
 * the two address families and by the few protocols that a field may require.
 */
function isSmall(terms: readonly FilterTerm[], limit: number): boolean {
  return combinations(terms) * 64 < limit;
}
