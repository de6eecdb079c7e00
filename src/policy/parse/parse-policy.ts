// SPDX-License-Identifier: Apache-2.0
import type { z } from "zod";
import { contentHash } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import { isObject } from "../../lang/is-object.ts";
import { complete, type Steps } from "../../lang/steps.ts";
import {
  type Checked,
  checkSchema,
  type JsonPath,
  type JsonProblem,
  jsonPointer,
  MAX_PROBLEMS,
} from "../../topology/index.ts";
import { DEFAULT_LIMITS } from "../model/compile-limits.ts";
import { NO_GROUPS } from "../model/group.ts";
import { formatParty } from "../model/party.ts";
import type { Direction, Party, Policy, PolicyId } from "../model/policy.ts";
import { prefixOf } from "../model/project-ids.ts";
import { contradictions, endSource } from "./contradictions.ts";
import {
  type ListedMonitor,
  readDelivery,
  readRewriteIp,
  readTreatment,
  withTunnels,
} from "./copy-options.ts";
import { type PolicyDocument, policyOutline } from "./document.ts";
import { type Reading, readExcludes, readFilters, termsOf } from "./filters.ts";
import { GroupReader } from "./group-reader.ts";
import { parseEnds, parseMonitor, sameDeviceBy, type WrittenEnd } from "./identifiers.ts";
import { invalid } from "./invalid.ts";
import { readLifetime, withCanonicalMoments } from "./lifetime.ts";
import { sizeProblems } from "./rule-count.ts";

/** A policy and its document, which has an id even if none was given. */
export interface ParsedPolicy {
  readonly policy: Policy;
  readonly document: PolicyDocument & { readonly id: string };
}

/**
 * Reads a policy from its JSON value. Reports all problems (of very many, the first), with paths that start
 * at `base`. A policy without an id gets one derived from its content.
 * @param ruleLimit most match regions that its filters may expand to
 * @param groups those that it may name
 */
export function parsePolicy(
  value: unknown,
  base: JsonPath = [],
  ruleLimit = DEFAULT_LIMITS.regionsPerPolicy,
  groups = NO_GROUPS,
): Checked<ParsedPolicy> {
  return complete(policySteps(value, base, ruleLimit, groups));
}

/** `parsePolicy` in steps. */
export function* policySteps(
  value: unknown,
  base: JsonPath = [],
  ruleLimit = DEFAULT_LIMITS.regionsPerPolicy,
  groups = NO_GROUPS,
): Steps<Checked<ParsedPolicy>> {
  const outline = checkSchema(policyOutline, value);
  if (!outline.ok && outline.problems.length > MAX_PROBLEMS) return invalid(outline.problems, base);
  const problems: JsonProblem[] = outline.ok ? [] : [...outline.problems];
  const project = outline.ok ? outline.value.project : undefined;
  const reading = { problems, most: ruleLimit, groups: new GroupReader(groups, project) };
  const ends = outline.ok ? readEnds(outline.value, reading) : undefined;
  yield;
  // The text itself, not what the schema returns: that lacks keys such as "__proto__".
  const written = filtersIn(value);
  const filters = yield* readFilters(written.filters, ["filters"], reading);
  const excluded = yield* readExcludes(written.exclude, reading);
  if (!outline.ok || ends === undefined) return invalid(firstOf(problems), base);
  if (problems.length === 0) {
    const selection = {
      senders: endSource(ends.senders, "sender", "Src"),
      receivers: endSource(ends.receivers, "receiver", "Dst"),
      filters,
    };
    problems.push(...(yield* sizeProblems(selection, ruleLimit)));
  }
  // Limits are checked before the work.
  if (problems.length === 0) problems.push(...(yield* contradictions({ ...ends, filters })));
  // Its filters are as its type says when there are no problems.
  const document = withCanonicalMoments(outline.value as PolicyDocument);
  const options = readOptions(document, ends.monitors, problems);
  if (problems.length > 0) return invalid(firstOf(problems), base);
  const within = document.project === undefined ? "" : prefixOf(document.project);
  const id = document.id ?? `${within}p-${contentHash(JSON.stringify(document)).toString(36)}`;
  const policy: Policy = {
    id: id as PolicyId,
    name: document.name ?? "",
    description: document.description ?? "",
    enabled: document.enabled ?? true,
    ...defined({ project: document.project }),
    senders: ends.senders.map(({ party }) => party),
    receivers: ends.receivers.map(({ party }) => party),
    groups: reading.groups.named,
    direction: (document.direction ?? "forward") satisfies Direction,
    filters: filters.flatMap(termsOf),
    exclude: excluded,
    ...options,
  };
  return { ok: true, value: { policy, document: { ...document, id } } };
}

/** How copies are treated and carried, and when they are made. */
function readOptions(
  document: PolicyDocument,
  monitors: readonly ListedMonitor[],
  problems: JsonProblem[],
) {
  return {
    monitors: withTunnels(document, monitors, problems),
    delivery: readDelivery(document, monitors, problems),
    ...readRewriteIp(document, problems),
    ...readTreatment(document, problems),
    ...readLifetime(document, problems),
  };
}

/** The problems that are listed. */
function firstOf(problems: readonly JsonProblem[]): readonly JsonProblem[] {
  const next = problems[MAX_PROBLEMS];
  if (next === undefined) return problems;
  const what = "there are more problems";
  const more = { path: next.path, what, remedy: "correct those before it first" };
  return [...problems.slice(0, MAX_PROBLEMS), more];
}

/** The filters of a document that need not be a policy. */
function filtersIn(value: unknown): { filters: object | unknown[]; exclude: readonly unknown[] } {
  const { filters, exclude } = (isObject(value) ? value : {}) as Record<string, unknown>;
  return {
    filters: isObject(filters) || Array.isArray(filters) ? filters : {},
    exclude: Array.isArray(exclude) ? exclude : [],
  };
}

/** Who is at the ends of the conversation, and who receives copies. */
interface Ends {
  readonly senders: readonly WrittenEnd[];
  readonly receivers: readonly WrittenEnd[];
  readonly monitors: readonly ListedMonitor[];
}

type Outline = z.output<typeof policyOutline>;

function readEnds(document: Outline, reading: Reading): Ends {
  const { problems } = reading;
  const senders = parseEnds(document.sender, ["sender"], reading);
  const receivers = parseEnds(document.receiver, ["receiver"], reading);
  const monitors = readMonitors(document, problems);
  problems.push(...monitorConflicts([...senders, ...receivers], monitors));
  return { senders, receivers, monitors };
}

function readMonitors(document: Outline, problems: JsonProblem[]): ListedMonitor[] {
  return document.monitors.flatMap((monitor, index): ListedMonitor[] => {
    const path = ["monitors", index];
    const { balance, local, rspanVlan, ...identifier } = monitor;
    if (local !== undefined) return [{ path: [...path, "local"], monitor: { local } }];
    if (rspanVlan !== undefined) {
      return [{ path: [...path, "rspanVlan"], monitor: { rspanVlan } }];
    }
    if (balance === undefined) return [{ path, monitor: parseMonitor(identifier, path, problems) }];
    return balance.map((member, at) => {
      const place = [...path, "balance", at];
      return { path: place, monitor: { ...parseMonitor(member, place, problems), set: index } };
    });
  });
}

/** Reports monitors that are an end of the conversation, or listed twice. */
function monitorConflicts(
  ends: readonly WrittenEnd[],
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
    for (const end of ends) {
      const where = `the policy's ${end.path[0]} (${jsonPointer(end.path)})`;
      conflict(end.party, where, "name another monitor");
    }
    for (const earlier of monitors.slice(0, index)) {
      const where = `listed before (/${earlier.path.join("/")})`;
      conflict(earlier.monitor, where, "remove one of them");
    }
  });
  return problems;
}
