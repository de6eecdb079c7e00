// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem } from "../../contract/rejection.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import { type GroupId, type Groups, type PolicyId, policySteps } from "../../policy/index.ts";
import { jsonPointer } from "../../topology/index.ts";
import {
  groupsNamedBy,
  type InvalidPolicy,
  idOf,
  invalidPolicy,
  type KnownPolicy,
  type PolicyEntry,
} from "./policy-registry.ts";
import { LIMIT_REMEDY } from "./policy-writes.ts";

/** Groups that change, and what policies are read with. */
interface ChangedGroups {
  /** Where the new members of each are in the request. */
  readonly pointers: ReadonlyMap<GroupId, string>;
  /** All groups as they are to be. */
  readonly groups: Groups;
  readonly ruleLimit: number | undefined;
}

/** The policies that name changed groups, with the new members. */
export interface GroupUsers {
  /** Those to be in effect. */
  readonly valid: readonly PolicyEntry[];
  /** Those that are invalid and stay so, with the problems that they have now. */
  readonly invalid: readonly InvalidPolicy[];
  /** Those of `valid` that are invalid without the change, as they are then. They reject nothing. */
  readonly revived: ReadonlyMap<PolicyId, InvalidPolicy>;
}

interface ReadUsers {
  readonly users: GroupUsers;
  /** Why policies that are in effect cannot have the new members. */
  readonly problems: readonly DocumentProblem[];
}

/** Most policies that a rejection names. */
export const MOST_NAMED = 20;

/** Reads policies that name changed groups again, up to as many problems as are listed. */
export function* readingGroupUsers(
  policies: Iterable<KnownPolicy>,
  { pointers, groups, ruleLimit }: ChangedGroups,
): Steps<ReadUsers> {
  const valid: PolicyEntry[] = [];
  const invalid: InvalidPolicy[] = [];
  const revived = new Map<PolicyId, InvalidPolicy>();
  const problems: DocumentProblem[] = [];
  for (const known of policies) {
    yield;
    const parsed = yield* policySteps(known.document, [], ruleLimit, groups);
    if (parsed.ok) {
      const { document, origin, revision, createdAt, updatedAt, requester } = known;
      const { policy } = parsed.value;
      const written = { document, origin, revision, createdAt, updatedAt };
      valid.push({ policy, ...written, ...defined({ requester }) });
      if ("reasons" in known) revived.set(policy.id, known);
    } else if ("reasons" in known) {
      invalid.push(invalidPolicy(known, parsed.problems));
    } else {
      const [first] = parsed.problems;
      const what = `${jsonPointer(first?.path ?? [])}: ${first?.what}, ${first?.remedy}`;
      const named = groupsNamedBy(known).find((id) => pointers.has(id));
      problems.push(unfitMembers(known, what, named && pointers.get(named)));
    }
    if (problems.length === MOST_NAMED) break;
  }
  return { users: { valid, invalid, revived }, problems };
}

/** Leaves policies invalid that would be revived and do not fit beside the others, each with why. */
export function withoutRefused(
  { valid, invalid, revived }: GroupUsers,
  refused: ReadonlyMap<PolicyId, string>,
): GroupUsers {
  const left = [...revived].flatMap(([id, known]) => {
    const what = refused.get(id);
    return what === undefined
      ? []
      : [invalidPolicy(known, [{ path: [], what, remedy: LIMIT_REMEDY }])];
  });
  const isLeft = new Set(left.map(idOf));
  return {
    valid: valid.filter((entry) => !isLeft.has(idOf(entry))),
    invalid: [...invalid, ...left],
    revived: new Map([...revived].filter(([id]) => !isLeft.has(id))),
  };
}

/** The problem of members that a policy cannot have. */
export function unfitMembers(
  { policy }: PolicyEntry,
  what: string,
  pointer = "/members",
): DocumentProblem {
  const detail = `policy "${policy.id}" cannot have these members: ${what}`;
  const remedy = "change the members, or the policy first";
  return { pointer, detail, remedy, policy: policy.id };
}

/** The problem of a group that cannot be deleted because a policy names it. */
export function namedBy(known: KnownPolicy, group: string): DocumentProblem {
  const remedy = "change or delete the policy first";
  const detail = `policy "${idOf(known)}" names ${group}`;
  return { pointer: "", detail, remedy, policy: idOf(known) };
}
