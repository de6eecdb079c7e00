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
import { FILTER_NAMES, filterFields } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import { parseFilterValue } from "./filter-values.ts";
import {
  choicesOf,
  findContradictions,
  type Source,
  type WrittenFilters,
} from "./find-contradictions.ts";
import type { GroupReader } from "./group-reader.ts";
import { combinations, excessOf } from "./rule-count.ts";

/** What is read on the way, and how many rules the filters of a policy may need. */
export interface Reading {
  readonly problems: JsonProblem[];
  readonly most: number;
  readonly groups: GroupReader;
}

/** Reads filters, or a list of them of which any must hold, in steps; problems are appended. */
export function* readFilters(
  document: object | readonly unknown[],
  path: JsonPath,
  reading: Reading,
): Steps<readonly WrittenFilters[]> {
  if (!Array.isArray(document)) {
    return [{ path, sources: yield* readSources(document, path, reading) }];
  }
  const found: WrittenFilters[] = [];
  for (const [index, filters] of document.entries()) {
    if (reading.problems.length > MAX_PROBLEMS) break;
    const at = [...path, index];
    if (isObject(filters))
      found.push({ path: at, sources: yield* readSources(filters, at, reading) });
    else reading.problems.push(wrongType("object", at, filters));
  }
  return found;
}

/** Reads excludes in steps, and no further than the rules that are allowed; problems are appended. */
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
    const any = yield* readExclude(filters, path, reading);
    for (const terms of any) {
      read.push(terms);
      needed += combinations(terms);
    }
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
): Steps<readonly (readonly FilterTerm[])[]> {
  const { problems, most } = reading;
  const before = problems.length;
  const sources = yield* readSources(filters, path, reading);
  if (problems.length > before) return [];
  if (sources.length === 0) {
    const what = "this excludes every frame";
    problems.push({ path, what, remedy: 'name the frames to exclude, or write "enabled": false' });
    return [];
  }
  problems.push(...(yield* findContradictions(sources)));
  if (problems.length === before) problems.push(...(yield* excessOf([sources], path, most)));
  return problems.length > before ? [] : termsOf({ sources });
}

/** The ways to fulfil filters of which all must hold. */
export function termsOf({ sources }: Pick<WrittenFilters, "sources">): (readonly FilterTerm[])[] {
  return [...choicesOf(sources)];
}

function* readSources(filters: object, base: JsonPath, reading: Reading): Steps<Source[]> {
  const { problems } = reading;
  const sources: Source[] = [];
  for (const [name, value] of Object.entries(filters)) {
    if (problems.length > MAX_PROBLEMS) break;
    yield;
    const path = [...base, name];
    const fields = filterFields(name);
    const [first] = fields ?? [];
    if (fields === undefined || first === undefined) {
      const remedy = didYouMean(name, FILTER_NAMES) ?? unknownFilterRemedy(name);
      problems.push({ path, at: "key", what: `there is no filter "${name}"`, remedy });
      continue;
    }
    // Fields that one filter stands for have the same values; problems name the filter.
    const named = { ...first, oxm: name };
    const values = yield* parseFilterValue(named, value, { ...reading, path });
    if (values !== undefined) {
      sources.push({ path, anyOf: fields.map((field) => [{ field, ...values }]) });
    }
  }
  return sources;
}

function unknownFilterRemedy(name: string): string {
  if (name === "in_port") return "name the port as the sender";
  return `write one of ${FILTER_NAMES.join(", ")}`;
}
