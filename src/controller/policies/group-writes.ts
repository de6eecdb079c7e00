// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { DocumentProblem, Precondition, Rejection } from "../../contract/rejection.ts";
import {
  type Group,
  type GroupId,
  type ParsedGroup,
  type Policy,
  type PolicyId,
  parseGroup,
} from "../../policy/index.ts";
import { completeInSlices } from "../../runtime/index.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { documentChange, documentWritten } from "../audit/audit-entries.ts";
import { type DocumentStore, storedOrigin } from "./document-store.ts";
import type { GroupEntry, GroupRegistry } from "./group-registry.ts";
import {
  type GroupUsers,
  MOST_NAMED,
  namedBy,
  readingGroupUsers,
  unfitMembers,
  withoutRefused,
} from "./group-users.ts";
import type { PolicyJson, PolicyRegistry } from "./policy-registry.ts";
import { checkWrite, documentProblems } from "./policy-writes.ts";
import type { SharedLock } from "./shared-lock.ts";

export type GroupWriteOutcome =
  | { readonly type: "created" | "replaced"; readonly entry: GroupEntry }
  | Rejection;

/** Dependencies of `GroupWrites`. */
interface GroupWritesDeps {
  readonly groups: GroupRegistry;
  readonly policies: PolicyRegistry;
  readonly store: DocumentStore;
  readonly lock: SharedLock;
  /** As of policy writes. */
  admit(policies: readonly Policy[]): Promise<readonly (string | undefined)[]>;
  readonly ruleLimit: number | undefined;
  readonly effects: GroupEffects;
}

/** Puts writes into effect; `user`: who asked for them. */
interface GroupEffects {
  /** The group is on disk. */
  groupWritten(
    entry: GroupEntry,
    before: GroupEntry | undefined,
    users: GroupUsers,
    user?: string,
  ): void;
  /** The group is removed from the disk. */
  groupDeleted(old: GroupEntry, user?: string): void;
}

/**
 * Creates, replaces and deletes groups: checks first, disk second, effect third. No policy is written
 * meanwhile, so that each always has the members of the groups that it names.
 */
export class GroupWrites {
  readonly #deps: GroupWritesDeps;

  constructor(deps: GroupWritesDeps) {
    this.#deps = deps;
  }

  /** Creates a group; `exists` when there is one. */
  create(document: PolicyJson, cause: Cause): Promise<GroupWriteOutcome> {
    return this.#parsed(document, async (parsed) => {
      const { id } = parsed.group;
      if (this.#deps.groups.get(id)?.origin.kind === "api") return { type: "exists", id };
      return this.#put(parsed, {}, cause);
    });
  }

  /** Creates or replaces a group, and recompiles the policies that name it. */
  put(document: PolicyJson, precondition: Precondition, cause: Cause): Promise<GroupWriteOutcome> {
    return this.#parsed(document, (parsed) => this.#put(parsed, precondition, cause));
  }

  /** Deletes a group that no policy names. */
  delete(
    id: GroupId,
    precondition: Precondition,
    cause: Cause,
  ): Promise<{ readonly type: "deleted" } | Rejection> {
    const { groups, store, lock, effects } = this.#deps;
    return lock.exclusive(async () => {
      const known = groups.get(id);
      const rejection = checkWrite(known, precondition);
      if (rejection) return rejection;
      if (known === undefined) return { type: "notFound" };
      const users = [...this.#deps.policies.usersOf(new Set([id]))];
      if (users.length > 0) return conflict(users.map((user) => namedBy(user, "this group")));
      const { document: before, revision } = known;
      const change = { object: { kind: "group", id }, before, revision, status: 204 } as const;
      const audit = [documentChange(cause, change)];
      const removed = await attemptStore(() => store.remove(id, audit));
      if (!removed.ok) return removed.refusal;
      effects.groupDeleted(known, cause.actor.user);
      return { type: "deleted" };
    });
  }

  async #parsed(
    document: PolicyJson,
    write: (parsed: ParsedGroup) => Promise<GroupWriteOutcome>,
  ): Promise<GroupWriteOutcome> {
    const parsed = parseGroup(document);
    if (!parsed.ok) return { type: "invalid", problems: documentProblems(parsed.problems) };
    return this.#deps.lock.exclusive(() => write(parsed.value));
  }

  async #put(
    { group, document }: ParsedGroup,
    precondition: Precondition,
    cause: Cause,
  ): Promise<GroupWriteOutcome> {
    const { groups, store, effects } = this.#deps;
    const before = groups.get(group.id);
    const rejection = checkWrite(before, precondition);
    if (rejection) return rejection;
    const users = await this.#recompiled(group);
    if ("type" in users) return users;
    const change = documentWritten(cause, { kind: "group", id: group.id }, before, document);
    const stored = await attemptStore(() => store.put(group.id, document, { audit: [change] }));
    if (!stored.ok) return stored.refusal;
    const { revision, createdAt, updatedAt } = stored.value;
    const origin = storedOrigin(stored.value);
    const entry: GroupEntry = { group, document, origin, revision, createdAt, updatedAt };
    effects.groupWritten(entry, before, users, cause.actor.user);
    return { type: before ? "replaced" : "created", entry };
  }

  /**
   * The policies that name a group, with its new members; the problems when one that is in effect cannot
   * have them.
   */
  async #recompiled(group: Group): Promise<GroupUsers | Rejection> {
    const { admit, policies, groups, ruleLimit } = this.#deps;
    const pointers = new Map([[group.id, "/members"]]);
    const present = new Map([...groups.groups, [group.id, group]]);
    const changed = { pointers, groups: present, ruleLimit };
    const reading = readingGroupUsers(policies.usersOf(pointers), changed);
    const { users, problems } = await completeInSlices(reading);
    if (problems.length > 0) return conflict(problems);
    if (users.valid.length === 0) return users;
    const ids = users.valid.map(({ policy }) => policy.id);
    // Those that are invalid so far come last: the others fit beside each other first.
    const refusals = await admit(users.valid.map(({ policy }) => policy));
    const refused = new Map(
      ids.flatMap((id, index): [PolicyId, string][] => {
        const refusal = refusals[index];
        return refusal === undefined ? [] : [[id, refusal]];
      }),
    );
    const fitting = withoutRefused(users, refused);
    const unfit = fitting.valid.flatMap((entry) => {
      const refusal = refused.get(entry.policy.id);
      return refusal === undefined ? [] : [unfitMembers(entry, refusal)];
    });
    return unfit.length > 0 ? conflict(unfit) : fitting;
  }
}

function conflict(problems: readonly DocumentProblem[]): Rejection {
  return { type: "conflict", problems: problems.slice(0, MOST_NAMED) };
}
