// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { PolicySetRequest, SetResult } from "../../contract/policy-sets.ts";
import type { DocumentProblem, Rejection } from "../../contract/rejection.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  type Group,
  type GroupId,
  type Groups,
  isOfProject,
  type ParsedGroup,
  type ParsedPolicy,
  type PolicyId,
  parseGroup,
} from "../../policy/index.ts";
import type { Checked, JsonProblem } from "../../topology/index.ts";
import type { GroupEntry, GroupRegistry } from "./group-registry.ts";
import { type GroupUsers, namedBy, readingGroupUsers } from "./group-users.ts";
import type { LifeLimits } from "./life-limits.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyJson,
  type PolicyRegistry,
  projectOf,
} from "./policy-registry.ts";
import { documentProblems } from "./policy-writes.ts";
import { readingPolicy } from "./reading-policy.ts";

/** A policy or group of a set, and what is stored under its id. */
interface Member<Parsed, Known> {
  readonly id: string;
  readonly parsed: Parsed;
  readonly before: Known | undefined;
  readonly result: Exclude<SetResult, "deleted">;
}

export type PolicyMember = Member<ParsedPolicy, KnownPolicy>;
export type GroupMember = Member<ParsedGroup, GroupEntry>;

/** A set as it would change what is stored. */
export interface PolicySet {
  readonly name: string;
  readonly policies: readonly PolicyMember[];
  readonly groups: readonly GroupMember[];
  /** Stored ones that the set no longer has: to be deleted. */
  readonly pruned: {
    readonly policies: readonly KnownPolicy[];
    readonly groups: readonly GroupEntry[];
  };
  /** Policies that the set does not write, with the new members of the groups that they name. */
  readonly users: GroupUsers;
}

/** What a set is read beside. */
interface Stored {
  readonly registry: PolicyRegistry;
  readonly groups: GroupRegistry;
  /** Maximum number of match regions that the filters of a policy expand to; undefined: the default. */
  readonly ruleLimit: number | undefined;
  /** Whether every policy states its reason. */
  readonly requireReason: boolean;
  readonly life: LifeLimits;
}

/** Reading stops when a set has this many problems. */
const MAX_PROBLEMS = 100;

/** Reads a set and checks it against itself and what is stored. Each problem has its place in the request. */
export function* readingPolicySet(
  {
    set: name,
    policies: documents,
    groups: groupDocuments,
    prune,
    project,
    role,
  }: PolicySetRequest,
  { registry, groups: stored, ...limits }: Stored,
): Steps<PolicySet | Rejection> {
  const reader = new SetReader(name, project, role);
  const groups = yield* reader.groups(groupDocuments, stored);
  const isPruned = (origin: KnownPolicy["origin"]) =>
    prune && origin.kind === "api" && origin.set === name;
  const groupIds = new Set(groups.map(({ id }) => id));
  const prunedGroups = stored
    .all()
    .filter(({ group, origin }) => isPruned(origin) && !groupIds.has(group.id))
    .filter(({ group }) => project === undefined || isOfProject(group.id, project));
  const present = presentGroups(stored.groups, groups, prunedGroups);
  const policies = yield* reader.policies(documents, { registry, groups: present, ...limits });
  if (reader.invalid.length > 0) return { type: "invalid", problems: reader.invalid };

  const policyIds = new Set(policies.map(({ id }) => id));
  const pruned: KnownPolicy[] = [];
  for (const known of registry.from(undefined)) {
    yield;
    if (!isPruned(known.origin) || policyIds.has(idOf(known))) continue;
    if (project === undefined || projectOf(known) === project) pruned.push(known);
  }
  const written = policies.filter(({ result }) => result !== "unchanged").map(({ id }) => id);
  const gone = new Set<string>([...written, ...pruned.map(idOf)]);
  const othersNaming = (named: Pick<ReadonlySet<GroupId>, "has">) =>
    [...registry.usersOf(named)].filter((known) => !gone.has(idOf(known)));
  for (const { group } of prunedGroups) {
    const [user] = othersNaming(new Set([group.id]));
    if (user) reader.conflicts.push(namedBy(user, `group "${group.id}", which the set prunes`));
  }
  const pointers = groupPointers(groups);
  const changed = { pointers, groups: present, ruleLimit: limits.ruleLimit };
  const found = yield* readingGroupUsers(othersNaming(pointers), changed);
  const conflicts = [...reader.conflicts, ...found.problems];
  if (conflicts.length > 0) return { type: "conflict", problems: conflicts };
  const { users } = found;
  return { name, policies, groups, pruned: { policies: pruned, groups: prunedGroups }, users };
}

/**
 * Identifies the revisions of all that a set writes or prunes: another tag means that something of it was
 * written since. `written`: the revision at which the set has just been written; then nothing is left to prune.
 */
export function tagOf({ policies, groups, pruned }: PolicySet, written?: number): string {
  const hash = createHash("sha256");
  const add = (kind: string, { id, before, result }: PolicyMember | GroupMember) => {
    const revision = result === "unchanged" ? before?.revision : (written ?? before?.revision);
    hash.update(`${kind} ${id} ${revision ?? "absent"}\n`);
  };
  for (const member of byId(policies)) add("policy", member);
  for (const member of byId(groups)) add("group", member);
  if (written === undefined) {
    for (const known of pruned.policies) hash.update(`prune ${idOf(known)} ${known.revision}\n`);
    for (const known of pruned.groups) {
      hash.update(`prune group ${known.group.id} ${known.revision}\n`);
    }
  }
  return hash.digest("hex").slice(0, 32);
}

function byId<T extends { readonly id: string }>(members: readonly T[]): T[] {
  return [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The groups as they are with a set. */
function presentGroups(
  stored: Groups,
  groups: readonly GroupMember[],
  pruned: readonly GroupEntry[],
): Groups {
  const present = new Map<string, Group>(stored);
  for (const { group } of pruned) present.delete(group.id);
  for (const { id, parsed } of groups) present.set(id, parsed.group);
  return present;
}

/** Where the members of changed groups are in the request. */
function groupPointers(groups: readonly GroupMember[]): Map<GroupId, string> {
  const pointers = groups.flatMap(({ parsed, result }, index): [GroupId, string][] =>
    result === "unchanged" ? [] : [[parsed.group.id, `/groups/${index}/members`]],
  );
  return new Map(pointers);
}

/** Reads the members of a set, and collects what is wrong with them. */
class SetReader {
  readonly invalid: DocumentProblem[] = [];
  readonly conflicts: DocumentProblem[] = [];
  readonly #set: string;
  readonly #project: string | undefined;
  readonly #role: string | undefined;

  constructor(set: string, project: string | undefined, role: string | undefined) {
    this.#set = set;
    this.#project = project;
    this.#role = role;
  }

  *groups(documents: readonly unknown[], stored: GroupRegistry): Steps<GroupMember[]> {
    return yield* this.#members(documents, "groups", {
      *read(document, path): Steps<Checked<ParsedGroup>> {
        yield;
        return parseGroup(document, path);
      },
      idOf: ({ group }: ParsedGroup) => group.id,
      before: (id) => stored.get(id as GroupId),
    });
  }

  *policies(
    documents: readonly unknown[],
    { registry, groups, ...limits }: Omit<Stored, "groups"> & { readonly groups: Groups },
  ): Steps<PolicyMember[]> {
    const role = this.#role;
    return yield* this.#members(documents, "policies", {
      *read(document, path): Steps<Checked<ParsedPolicy>> {
        const parsed = yield* readingPolicy(document, path, groups, limits);
        if (!parsed.ok) return parsed;
        const known = registry.known(parsed.value.policy.id);
        return limits.life.appliedAgain(parsed.value, known, { role, base: path });
      },
      idOf: ({ policy }: ParsedPolicy) => policy.id,
      before: (id) => registry.known(id as PolicyId),
    });
  }

  *#members<
    Parsed extends { readonly document: PolicyJson },
    Known extends Pick<KnownPolicy, "document" | "origin">,
  >(
    documents: readonly unknown[],
    key: "policies" | "groups",
    kind: {
      read(document: unknown, path: (string | number)[]): Steps<Checked<Parsed>>;
      idOf(parsed: Parsed): string;
      before(id: string): Known | undefined;
    },
  ): Steps<Member<Parsed, Known>[]> {
    const members = new Map<string, Member<Parsed, Known>>();
    const places = new Map<string, string>();
    for (const [index, document] of documents.entries()) {
      yield;
      if (this.invalid.length >= MAX_PROBLEMS) break;
      const parsed = yield* kind.read(document, [key, index]);
      if (!parsed.ok) {
        this.#note(parsed.problems);
        continue;
      }
      const id = kind.idOf(parsed.value);
      const pointer = `/${key}/${index}`;
      const first = places.get(id);
      if (first !== undefined) {
        const detail = `the one at ${first} has the id "${id}", too`;
        this.invalid.push({ pointer: `${pointer}/id`, detail, remedy: "give each its own id" });
        continue;
      }
      places.set(id, pointer);
      const before = kind.before(id);
      const result = before === undefined ? "created" : this.#result(before, parsed.value.document);
      if (key === "policies" && before && !this.#isOwn(before)) this.#taken(pointer, id);
      else if (before?.origin.kind === "file" && result !== "unchanged") {
        this.#owned(pointer, id, before.origin.file);
      }
      members.set(id, { id, parsed: parsed.value, before, result });
    }
    return [...members.values()];
  }

  #result(
    known: Pick<KnownPolicy, "document" | "origin">,
    document: PolicyJson,
  ): "updated" | "unchanged" {
    // One of a file stays what it is: a set may name it with the same content.
    const isOwn = known.origin.kind === "file" || known.origin.set === this.#set;
    // One that was stored by another version and is not valid for this one is written again.
    const isSame = isOwn && !("reasons" in known) && isDeepStrictEqual(known.document, document);
    return isSame ? "unchanged" : "updated";
  }

  #isOwn({ document }: Pick<KnownPolicy, "document">): boolean {
    return this.#project === undefined || document.project === this.#project;
  }

  /** Nothing is said of the policy of others that has the id. */
  #taken(pointer: string, id: string): void {
    const detail = `the id "${id}" is taken`;
    this.conflicts.push({ pointer: `${pointer}/id`, detail, remedy: "give this one another id" });
  }

  #owned(pointer: string, id: string, file: string): void {
    const detail = `"${id}" comes from the file ${file}`;
    const remedy = "change it there and restart vtap, or give this one another id";
    this.conflicts.push({ pointer: `${pointer}/id`, detail, remedy });
  }

  #note(problems: readonly JsonProblem[]): void {
    this.invalid.push(...documentProblems(problems));
  }
}
