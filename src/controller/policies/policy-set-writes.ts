// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { AuditEntry } from "../../contract/audit/audit.ts";
import type {
  AppliedPolicySet,
  ApplyOutcome,
  PlanOutcome,
  PolicySetPlan,
  PolicySetRequest,
} from "../../contract/policy-sets.ts";
import type { DocumentProblem, Rejection } from "../../contract/rejection.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import { completeInSlices } from "../../runtime/index.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { documentChange } from "../audit/audit-entries.ts";
import type { ChangeForecast, Concern, TriedChange, WrittenDocuments } from "./document-change.ts";
import { type DocumentSetStore, type StoredJson, storedOrigin } from "./document-store.ts";
import type { GroupEntry, GroupRegistry } from "./group-registry.ts";
import { type GroupUsers, withoutRefused } from "./group-users.ts";
import type { LifeLimits } from "./life-limits.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyEntry,
  type PolicyRegistry,
} from "./policy-registry.ts";
import {
  type GroupMember,
  type PolicyMember,
  type PolicySet,
  readingPolicySet,
  tagOf,
} from "./policy-set.ts";
import type { QuotaChecks } from "./quota-checks.ts";
import type { SharedLock } from "./shared-lock.ts";

/** Dependencies of `PolicySetWrites`. */
interface PolicySetWritesDeps {
  readonly registry: PolicyRegistry;
  readonly groups: GroupRegistry;
  readonly store: DocumentSetStore;
  /** That of writes of policies and groups. */
  readonly lock: SharedLock;
  readonly ruleLimit: number | undefined;
  readonly requireReason: boolean;
  readonly quotas: QuotaChecks;
  readonly life: LifeLimits;
  /** The policy as it is to be compiled: suspended or not, before its end or after it. */
  effective(entry: PolicyEntry): Policy;
  /** What a change would do; undefined: it was interrupted. */
  attempt(change: TriedChange, isInterrupted: () => boolean): Promise<ChangeForecast | undefined>;
  /** `user`: who asked for it. */
  readonly effects: { documentsWritten(change: WrittenDocuments, user?: string): void };
}

/** A set that could be applied, and what that would do. */
interface FittingSet {
  readonly set: PolicySet;
  readonly forecast: ChangeForecast;
}

type Attempt = FittingSet | Rejection | undefined;

/**
 * Applies sets of policies and groups, each as one change: checks first, disk second, effect third. No
 * policy or group is written meanwhile, so what was checked and forecast is what is stored.
 */
export class PolicySetWrites {
  readonly #deps: PolicySetWritesDeps;

  constructor(deps: PolicySetWritesDeps) {
    this.#deps = deps;
  }

  /** What a set would do; `cancelled` when the signal aborts before that is found. */
  plan(request: PolicySetRequest, signal: AbortSignal): Promise<PlanOutcome> {
    return this.#deps.lock.shared(async (): Promise<PlanOutcome> => {
      const found = await this.#attempt(request, () => signal.aborted);
      if (found === undefined) return { type: "cancelled" };
      if ("type" in found) return found;
      return { type: "planned", plan: planView(found), tag: tagOf(found.set) };
    });
  }

  /** Applies a set, or nothing of it. `tags`: only if one of them is the set's tag. */
  apply(
    request: PolicySetRequest,
    cause: Cause,
    tags: readonly string[] | undefined,
  ): Promise<ApplyOutcome> {
    return this.#deps.lock.exclusive(async (): Promise<ApplyOutcome> => {
      const found = await this.#attempt(request, () => false, tags);
      if (found === undefined) throw new Error("a write was interrupted");
      if ("type" in found) return found;
      const { set, forecast } = found;
      const { user } = cause.actor;
      const batch = batchOf(set, user);
      const { policies, groups } = batch;
      const isChange = [policies, groups].some(({ put, remove }) => put.length + remove.length > 0);
      if (!isChange) return { type: "applied", applied: appliedView(found), tag: tagOf(set) };
      const audit = await completeInSlices(auditing(set, cause));
      const stored = await attemptStore(() => this.#deps.store.write(batch, audit));
      if (!stored.ok) return stored.refusal;
      this.#deps.effects.documentsWritten(writtenBy(set, stored.value, user), user);
      const { revision } = stored.value;
      const applied = appliedView({ set, forecast }, revision);
      return { type: "applied", applied, tag: tagOf(set, revision) };
    });
  }

  async #attempt(
    request: PolicySetRequest,
    isInterrupted: () => boolean,
    tags?: readonly string[],
  ): Promise<Attempt> {
    const set = await completeInSlices(readingPolicySet(request, this.#deps));
    if ("type" in set) return set;
    const tag = tagOf(set);
    if (tags !== undefined && !tags.includes(tag)) return { type: "setChanged", tag };
    const problems = await this.#deps.quotas.ofChange({
      written: set.policies.map(({ parsed }) => parsed.policy),
      deleted: set.pruned.policies.map(idOf),
    });
    if (problems.length > 0) return { type: "quotaExceeded", problems };
    return this.#fitting(set, isInterrupted);
  }

  /** Tries a set. If it does not fit, policies that are invalid without it are left so first. */
  async #fitting(set: PolicySet, isInterrupted: () => boolean): Promise<Attempt> {
    if (isInterrupted()) return undefined;
    const forecast = await this.#deps.attempt(this.#changeOf(set), isInterrupted);
    if (forecast === undefined) return undefined;
    const { refused } = forecast;
    if (refused.size === 0) return { set, forecast };
    if (set.users.revived.size > 0) {
      return this.#fitting({ ...set, users: withFewerRevived(set.users, refused) }, isInterrupted);
    }
    const problems = [...refused].map(([id, why]) => refusal(set, id, why));
    return { type: "conflict", problems };
  }

  #changeOf({ policies, users, pruned }: PolicySet): TriedChange {
    const written = policies.filter(({ result }) => result !== "unchanged");
    return {
      upsert: [
        ...written.map(({ parsed }) => parsed.policy),
        ...users.valid.map((entry) => this.#deps.effective(entry)),
      ],
      remove: pruned.policies.map(idOf),
      forecast: policies.map(({ parsed }) => parsed.policy),
      concerned: new Map(users.valid.map(({ policy }) => [policy.id, concernOf(policy, users)])),
    };
  }
}

function concernOf({ id, groups }: Policy, { revived }: GroupUsers): Concern {
  const why = `it names groups whose members may change: ${groups.join(", ")}`;
  const before = revived.get(id);
  return before === undefined ? { why } : { why, invalid: before.reasons };
}

/** Leaves those invalid that do not fit, or all when others do not fit beside them. */
function withFewerRevived(users: GroupUsers, refused: ReadonlyMap<PolicyId, string>): GroupUsers {
  const fewer = withoutRefused(users, refused);
  if (fewer.revived.size < users.revived.size) return fewer;
  const why = "other policies do not fit beside it";
  return withoutRefused(users, new Map([...users.revived.keys()].map((id) => [id, why])));
}

function refusal({ policies }: PolicySet, id: string, why: string): DocumentProblem {
  const index = policies.findIndex((member) => member.id === id);
  const remedy = "narrow the policies, or raise overlapLimit";
  if (index >= 0) return { pointer: `/policies/${index}`, detail: why, remedy };
  return { pointer: "", detail: `policy "${id}" would no longer fit: ${why}`, remedy, policy: id };
}

/** `user`: who applies the set. */
function batchOf({ name: set, policies, groups, pruned }: PolicySet, user: string | undefined) {
  const puts = policies.flatMap((member) =>
    putOf(member).map((put) => ({ ...put, ...defined({ requester: requesterOf(member, user) }) })),
  );
  return {
    set,
    policies: { put: puts, remove: pruned.policies.map(idOf) },
    groups: { put: groups.flatMap(putOf), remove: pruned.groups.map(({ group }) => group.id) },
  };
}

function putOf({ id, parsed, before, result }: PolicyMember | GroupMember) {
  if (result === "unchanged") return [];
  const { document } = parsed;
  return [{ id, document, ...(before ? { createdAt: before.createdAt } : {}) }];
}

function requesterOf({ before }: PolicyMember, user: string | undefined): string | undefined {
  return before ? before.requester : user;
}

/** The records of the audit: one for each document that a set changes. */
function* auditing({ policies, groups, pruned }: PolicySet, cause: Cause): Steps<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  const written = function* (
    kind: "policy" | "group",
    members: readonly (PolicyMember | GroupMember)[],
  ): Steps<void> {
    for (const { id, parsed, before, result } of members) {
      yield;
      if (result === "unchanged") continue;
      const documents = { before: before?.document, after: parsed.document };
      const change = { object: { kind, id }, ...documents, revision: before?.revision };
      entries.push(documentChange(cause, { ...change, status: 200 }));
    }
  };
  const deleted = (kind: "policy" | "group", id: string, old: KnownPolicy | GroupEntry) => {
    const { document: before, revision } = old;
    entries.push(documentChange(cause, { object: { kind, id }, before, revision, status: 200 }));
  };
  yield* written("policy", policies);
  yield* written("group", groups);
  for (const old of pruned.policies) deleted("policy", idOf(old), old);
  for (const old of pruned.groups) deleted("group", old.group.id, old);
  return entries;
}

function writtenBy(
  { name: set, policies, groups, pruned, users }: PolicySet,
  { revision, updatedAt }: Pick<StoredJson, "revision" | "updatedAt">,
  user: string | undefined,
): WrittenDocuments {
  const membersOf = ({ before }: PolicyMember | GroupMember) => ({
    ...{ origin: storedOrigin({ set }), revision, updatedAt },
    createdAt: before?.createdAt ?? updatedAt,
  });
  return {
    policies: policies.flatMap((member) => {
      if (member.result === "unchanged") return [];
      const requester = defined({ requester: requesterOf(member, user) });
      const entry: PolicyEntry = { ...member.parsed, ...membersOf(member), ...requester };
      return [{ entry, before: member.before }];
    }),
    groups: groups.flatMap((member) => {
      if (member.result === "unchanged") return [];
      const entry: GroupEntry = { ...member.parsed, ...membersOf(member) };
      return [{ entry, before: member.before }];
    }),
    deletedPolicies: pruned.policies,
    deletedGroups: pruned.groups,
    users,
  };
}

function planView({ set, forecast }: FittingSet): PolicySetPlan {
  const { policies, effects, unlistedEffects } = forecast;
  const results = new Map(set.policies.map(({ id, result }) => [id, result]));
  return {
    policies: [
      ...policies.map((each) => ({ ...each, result: results.get(each.id) ?? "unchanged" })),
      ...set.pruned.policies.map((known) => ({ id: idOf(known), result: "deleted" as const })),
    ],
    groups: [
      ...set.groups.map(({ id, result }) => ({ id, result })),
      ...set.pruned.groups.map(({ group }) => ({ id: group.id, result: "deleted" as const })),
    ],
    effects,
    unlistedEffects,
  };
}

/** `written`: the revision of the write; absent: nothing was to be written. */
function appliedView({ set, forecast }: FittingSet, written = 0): AppliedPolicySet {
  const { effects, unlistedEffects } = forecast;
  const memberView = ({ id, result, before }: PolicyMember | GroupMember) => {
    const revision = result === "unchanged" ? (before?.revision ?? 0) : written;
    return { id, result, revision };
  };
  const { policies, groups } = set.pruned;
  return {
    policies: [
      ...set.policies.map(memberView),
      ...policies.map((known) => deletedView(idOf(known), known)),
    ],
    groups: [
      ...set.groups.map(memberView),
      ...groups.map((known) => deletedView(known.group.id, known)),
    ],
    effects,
    unlistedEffects,
  };
}

function deletedView(id: string, { revision }: { readonly revision: number }) {
  return { id, result: "deleted" as const, revision };
}
