// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem } from "../../contract/rejection.ts";
import type { Steps } from "../../lang/steps.ts";
import { type GroupId, type Groups, policySteps } from "../../policy/index.ts";
import { jsonPointer } from "../../topology/index.ts";
import type { PolicyEntry } from "./policy-registry.ts";

/** Groups that change, and what policies are read with. */
interface ChangedGroups {
  /** Where the new members of each are in the request. */
  readonly pointers: ReadonlyMap<GroupId, string>;
  /** All groups as they are to be. */
  readonly groups: Groups;
  readonly ruleLimit: number | undefined;
}

/** Policies with the new members of the groups that they name, and why some cannot have them. */
interface GroupUsers {
  readonly users: readonly PolicyEntry[];
  readonly problems: readonly DocumentProblem[];
}

/** Most policies that a rejection names. */
export const MOST_NAMED = 20;

/** Reads those of some policies that name changed groups again, up to as many problems as are listed. */
export function* readingGroupUsers(
  policies: Iterable<PolicyEntry>,
  { pointers, groups, ruleLimit }: ChangedGroups,
): Steps<GroupUsers> {
  const users: PolicyEntry[] = [];
  const problems: DocumentProblem[] = [];
  for (const entry of policies) {
    yield;
    const named = entry.policy.groups.find((id) => pointers.has(id));
    if (named === undefined) continue;
    const parsed = yield* policySteps(entry.document, [], ruleLimit, groups);
    if (parsed.ok) users.push({ ...entry, policy: parsed.value.policy });
    else {
      const [first] = parsed.problems;
      const what = `${jsonPointer(first?.path ?? [])}: ${first?.what}, ${first?.remedy}`;
      problems.push(unfitMembers(entry, what, pointers.get(named)));
    }
    if (problems.length === MOST_NAMED) break;
  }
  return { users, problems };
}

/** The problem of members that a policy cannot have. */
export function unfitMembers(
  { policy }: PolicyEntry,
  what: string,
  pointer = "/members",
): DocumentProblem {
  const detail = `policy "${policy.id}" cannot have these members: ${what}`;
  return { pointer, detail, remedy: "change the members, or the policy first" };
}

/** The problem of a group that cannot be deleted because a policy names it. */
export function namedBy({ policy }: PolicyEntry, group: string): DocumentProblem {
  const remedy = "change or delete the policy first";
  return { pointer: "", detail: `policy "${policy.id}" names ${group}`, remedy };
}
