// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../flow-model/index.ts";
import {
  type Checked,
  checkSchema,
  didYouMean,
  type JsonPath,
  type JsonProblem,
} from "../../topology/index.ts";
import { expandTerms } from "../match-region/expand-terms.ts";
import { FILTER_NAMES, filterField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import { DEFAULT_LIMITS } from "../model/compile-limits.ts";
import { addressTerms, formatParty } from "../model/party.ts";
import type { Direction, Party, Policy, PolicyId } from "../model/policy.ts";
import {
  type ListedMonitor,
  readDelivery,
  readRewriteIp,
  readTreatment,
  withTunnels,
} from "./copy-options.ts";
import { type FiltersDocument, type PolicyDocument, policySchema } from "./document.ts";
import { parseFilterValue } from "./filter-values.ts";
import { findContradictions, type Source } from "./find-contradictions.ts";
import { parseMonitor, parseParty, sameDeviceBy } from "./identifiers.ts";

/** A policy and its document, which has an id even if none was given. */
export interface ParsedPolicy {
  readonly policy: Policy;
  readonly document: PolicyDocument & { readonly id: string };
}

/**
 * Reads a policy from its JSON value. Reports all problems, with paths that start at `base`. A policy
 * without an id gets one derived from its content.
 * @param ruleLimit most match regions that its filters may expand to
 */
export function parsePolicy(
  value: unknown,
  base: JsonPath = [],
  ruleLimit = DEFAULT_LIMITS.regionsPerPolicy,
): Checked<ParsedPolicy> {
  const checked = checkSchema(policySchema, value);
  if (!checked.ok) return invalid(checked.problems, base);
  const problems: JsonProblem[] = [...prototypeKeys(value)];
  const policy = readPolicy(checked.value, problems, ruleLimit);
  if (problems.length > 0) return invalid(problems, base);
  return { ok: true, value: { policy, document: { ...checked.value, id: policy.id } } };
}

function invalid(problems: readonly JsonProblem[], base: JsonPath): Checked<never> {
  return {
    ok: false,
    problems: problems.map((problem) => ({ ...problem, path: [...base, ...problem.path] })),
  };
}

function readPolicy(document: PolicyDocument, problems: JsonProblem[], ruleLimit: number): Policy {
  const sender = parseParty(document.sender, ["sender"], problems);
  const receiver = parseParty(document.receiver, ["receiver"], problems);
  const monitors = readMonitors(document, problems);
  problems.push(...monitorConflicts(sender, receiver, monitors));
  const reading = { problems, most: ruleLimit };
  const sources = readFilters(document.filters ?? {}, ["filters"], reading);
  const exclude = (document.exclude ?? []).map((filters, index) =>
    readExclude(filters, ["exclude", index], reading),
  );
  if (problems.length === 0) {
    const ends = [
      ...endSources(sender, "sender", "Src"),
      ...endSources(receiver, "receiver", "Dst"),
    ];
    problems.push(...findContradictions([...ends, ...sources]));
    problems.push(...sizeProblems([...ends, ...sources], exclude, ruleLimit));
  }
  return {
    id: (document.id ?? `p-${contentHash(JSON.stringify(document)).toString(36)}`) as PolicyId,
    name: document.name ?? "",
    description: document.description ?? "",
    enabled: document.enabled ?? true,
    sender,
    receiver,
    monitors: withTunnels(document, monitors, problems),
    direction: (document.direction ?? "forward") satisfies Direction,
    filters: sources.flatMap(({ terms }) => terms),
    exclude,
    delivery: readDelivery(document, problems),
    ...readRewriteIp(document, problems),
    ...readTreatment(document, problems),
  };
}

function readMonitors(document: PolicyDocument, problems: JsonProblem[]): ListedMonitor[] {
  return document.monitors.flatMap((monitor, index): ListedMonitor[] => {
    const path = ["monitors", index];
    const { balance } = monitor;
    if (balance === undefined) return [{ path, monitor: parseMonitor(monitor, path, problems) }];
    return balance.map((member, at) => {
      const place = [...path, "balance", at];
      return { path: place, monitor: { ...parseMonitor(member, place, problems), set: index } };
    });
  });
}

/** Reports monitors that are an end of the conversation, or listed twice. */
function monitorConflicts(
  sender: Party,
  receiver: Party,
  monitors: readonly ListedMonitor[],
): JsonProblem[] {
  const problems: JsonProblem[] = [];
  monitors.forEach(({ path, monitor }, index) => {
    const conflict = (other: Party, name: string, remedy: string) => {
      const key = sameDeviceBy(monitor, other);
      if (key === undefined) return;
      const what = `monitor ${formatParty(monitor)} is also ${name} (by ${key})`;
      problems.push({ path: [...path, key], what, remedy });
    };
    conflict(sender, "the policy's sender (/sender)", "name another monitor");
    conflict(receiver, "the policy's receiver (/receiver)", "name another monitor");
    for (const earlier of monitors.slice(0, index)) {
      const where = `listed before (/${earlier.path.join("/")})`;
      conflict(earlier.monitor, where, "remove one of them");
    }
  });
  return problems;
}

function endSources(party: Party, end: string, side: "Src" | "Dst"): Source[] {
  const { mac, ip } = party;
  return [
    ...(mac === undefined ? [] : [{ path: [end, "mac"], terms: addressTerms({ mac }, side) }]),
    ...(ip === undefined ? [] : [{ path: [end, "ip"], terms: addressTerms({ ip }, side) }]),
  ];
}

/** What is read on the way, and how many alternatives a filter may have. */
interface Reading {
  readonly problems: JsonProblem[];
  readonly most: number;
}

function readFilters(filters: FiltersDocument, base: JsonPath, reading: Reading): Source[] {
  const { problems } = reading;
  return Object.entries(filters).flatMap(([name, value]) => {
    const path = [...base, name];
    const field = filterField(name);
    if (field === undefined) {
      const remedy = didYouMean(name, FILTER_NAMES) ?? unknownFilterRemedy(name);
      problems.push({ path, at: "key", what: `there is no filter "${name}"`, remedy });
      return [];
    }
    const alternatives = parseFilterValue(field, value, { ...reading, path });
    return alternatives === undefined ? [] : [{ path, terms: [{ field, alternatives }] }];
  });
}

function unknownFilterRemedy(name: string): string {
  if (name === "in_port") return "name the port as the sender";
  return `write one of ${FILTER_NAMES.join(", ")}`;
}

function readExclude(
  filters: FiltersDocument,
  path: JsonPath,
  reading: Reading,
): readonly FilterTerm[] {
  const { problems } = reading;
  const before = problems.length;
  const sources = readFilters(filters, path, reading);
  if (problems.length > before) return [];
  if (sources.length === 0) {
    const what = "this excludes every frame";
    problems.push({ path, what, remedy: 'name the frames to exclude, or write "enabled": false' });
  } else {
    problems.push(...findContradictions(sources));
  }
  return sources.flatMap(({ terms }) => terms);
}

/** Most combinations that are counted for a message. */
const MOST_COUNTED = 16_384;

/** Reports lists and ranges with too many combinations. */
function sizeProblems(
  sources: readonly Source[],
  exclude: readonly (readonly FilterTerm[])[],
  limit: number,
): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const check = (terms: readonly FilterTerm[], path: JsonPath) => {
    if (isSmall(terms, limit) || expandTerms(terms, limit) !== undefined) return;
    const sizes = terms
      .filter(({ alternatives }) => alternatives.length > 1)
      .map(({ field, alternatives }) => `${field.oxm} (${alternatives.length})`);
    const count = expandTerms(terms, Math.max(limit, MOST_COUNTED))?.length;
    const needed = count ?? `more than ${Math.max(limit, MOST_COUNTED)}`;
    const what = `the combinations of ${sizes.join(" and ")} need ${needed} rules, and ${limit} are allowed`;
    const remedy = "narrow one of them, split the policy, or raise ruleLimit";
    problems.push({ path, what, remedy });
  };
  check(
    sources.flatMap(({ terms }) => terms),
    ["filters"],
  );
  let excluded = 0;
  for (const [index, terms] of exclude.entries()) {
    check(terms, ["exclude", index]);
    excluded += combinations(terms);
    if (problems.length > 0) return problems;
    if (excluded <= limit) continue;
    const what = `the excludes need more than the ${limit} rules that are allowed`;
    const remedy = "narrow or join them, split the policy, or raise ruleLimit";
    return [{ path: ["exclude"], what, remedy }];
  }
  return problems;
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

/** Reports filters named "__proto__", which parsing a record silently drops. */
function prototypeKeys(value: unknown): JsonProblem[] {
  const { filters, exclude } = value as { filters?: object; exclude?: readonly object[] };
  const places: [JsonPath, object][] = [
    ...(filters ? [[["filters"], filters] as [JsonPath, object]] : []),
    ...(exclude ?? []).map((each, index): [JsonPath, object] => [["exclude", index], each]),
  ];
  return places
    .filter(([, filter]) => Object.hasOwn(filter, "__proto__"))
    .map(([path]) => ({
      path: [...path, "__proto__"],
      at: "key",
      what: 'there is no filter "__proto__"',
      remedy: "remove it",
    }));
}
