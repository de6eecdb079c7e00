// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { DocumentProblem, Precondition, Rejection } from "../../contract/rejection.ts";
import { defined } from "../../lang/defined.ts";
import type { ParsedPolicy, Policy, PolicyId } from "../../policy/index.ts";
import { StepQueue } from "../../runtime/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { type Checked, type JsonProblem, jsonPointer } from "../../topology/index.ts";
import { documentChange, documentWritten } from "../audit/audit-entries.ts";
import { AdmissionRounds } from "./admission-rounds.ts";
import { type DocumentStore, storedOrigin } from "./document-store.ts";
import type { GroupRegistry } from "./group-registry.ts";
import type { LifeLimits } from "./life-limits.ts";
import type { KnownPolicy, PolicyEntry, PolicyJson, PolicyRegistry } from "./policy-registry.ts";
import type { QuotaChecks } from "./quota-checks.ts";
import { readingPolicy } from "./reading-policy.ts";
import type { SharedLock } from "./shared-lock.ts";

export type WriteOutcome =
  | { readonly type: "created" | "replaced"; readonly entry: PolicyEntry }
  | Rejection;

/** What to do about a policy that is not admitted. */
export const LIMIT_REMEDY = "narrow the policy, or raise overlapLimit";

/** Dependencies of `PolicyWrites`. */
interface PolicyWritesDeps {
  readonly registry: PolicyRegistry;
  readonly store: DocumentStore;
  /** The groups that policies may name. */
  readonly groups: GroupRegistry;
  /** Held shared by writes of policies: the groups that they name do not change meanwhile. */
  readonly lock: SharedLock;
  /**
   * Why each of some policies cannot be compiled beside the present policies and those before it in
   * the list, as text; undefined when it can.
   */
  admit(policies: readonly Policy[]): Promise<readonly (string | undefined)[]>;
  /** Maximum number of match regions that the filters of a policy expand to; undefined: the default. */
  readonly ruleLimit: number | undefined;
  /** Whether every policy that is written states its reason. */
  readonly requireReason: boolean;
  readonly quotas: QuotaChecks;
  readonly life: LifeLimits;
  readonly effects: PolicyEffects;
}

/** A write as a client asks for it. */
interface Asked {
  readonly precondition: Precondition;
  readonly cause: Cause;
}

/** Puts writes into effect; `user`: who asked for them. */
interface PolicyEffects {
  /** The policy is on disk. */
  policyWritten(entry: PolicyEntry, before: KnownPolicy | undefined, user?: string): void;
  /** The policy is removed from the disk. */
  policyDeleted(old: KnownPolicy, user?: string): void;
}

/**
 * Creates, replaces and deletes policies: checks first, disk second, effect third. Writes of one id
 * run one after the other, so that a precondition holds until its write is on disk; writes of
 * different ids are admitted in rounds, so that together they keep within the limits.
 */
export class PolicyWrites {
  readonly #deps: PolicyWritesDeps;
  readonly #parsing = new StepQueue();
  readonly #queue = new KeyedQueue<string>();
  readonly #rounds: AdmissionRounds<Policy, Rejection>;

  constructor(deps: PolicyWritesDeps) {
    this.#deps = deps;
    this.#rounds = new AdmissionRounds((policies) => this.#admit(policies));
  }

  /** Parses a document as a write of a client with this role does, in slices of the event loop, after those that came before it. */
  async parse(document: PolicyJson, role: string | undefined): Promise<Checked<ParsedPolicy>> {
    const { ruleLimit, groups, requireReason, life } = this.#deps;
    const limits = { ruleLimit, requireReason };
    const steps = () => readingPolicy(document, [], groups.groups, limits);
    const parsed = await this.#parsing.run(steps);
    return parsed.ok ? life.applied(parsed.value, role) : parsed;
  }

  /** The quota that a policy would exceed; undefined: none. */
  async beyondQuota(policy: Policy): Promise<Rejection | undefined> {
    const [problem] = await this.#deps.quotas.ofEach([policy]);
    return problem && { type: "quotaExceeded", problems: [problem] };
  }

  create(document: PolicyJson, cause: Cause): Promise<WriteOutcome> {
    return this.#deps.lock.shared(() => this.#create(document, cause));
  }

  async #create(document: PolicyJson, cause: Cause): Promise<WriteOutcome> {
    const parsed = await this.parse(document, cause.actor.role);
    if (!parsed.ok) return invalid(parsed.problems);
    const { id } = parsed.value.policy;
    const asked = { precondition: { existence: "absent" }, cause } as const;
    if (document.id !== undefined) return this.#put(parsed.value, asked, id);
    // The assigned id is derived from the content, and a client may create the same content twice.
    for (let copy = 2; ; copy++) {
      const free = copy === 2 ? id : (`${id}-${copy - 1}` as PolicyId);
      const outcome = await this.#put(withId(parsed.value, free), asked, free);
      if (outcome.type !== "exists" && outcome.type !== "readOnly") return outcome;
    }
  }

  put(document: PolicyJson, precondition: Precondition, cause: Cause): Promise<WriteOutcome> {
    return this.#deps.lock.shared(async () => {
      const parsed = await this.parse(document, cause.actor.role);
      if (!parsed.ok) return invalid(parsed.problems);
      return this.#put(parsed.value, { precondition, cause }, undefined);
    });
  }

  delete(
    id: PolicyId,
    precondition: Precondition,
    cause: Cause,
  ): Promise<{ readonly type: "deleted" } | Rejection> {
    return this.#deps.lock.shared(() => this.#delete(id, { precondition, cause }));
  }

  #delete(
    id: PolicyId,
    { precondition, cause }: Asked,
  ): Promise<{ readonly type: "deleted" } | Rejection> {
    return this.#queue.run(id, async () => {
      const known = this.#deps.registry.known(id);
      const rejection = checkWrite(known, precondition);
      if (rejection) return rejection;
      if (!known) return { type: "notFound" };
      const { document: before, revision } = known;
      const change = { object: { kind: "policy", id }, before, revision, status: 204 } as const;
      const audit = [documentChange(cause, change)];
      const removed = await attemptStore(() => this.#deps.store.remove(id, audit));
      if (!removed.ok) return removed.refusal;
      this.#deps.effects.policyDeleted(known, cause.actor.user);
      return { type: "deleted" };
    });
  }

  /** Ends the writes of policies and groups that the disk has not begun: they change nothing. */
  abandon(): void {
    this.#deps.lock.close();
    this.#parsing.close();
  }

  /** Resolves when every write of a policy or group that has begun is finished. */
  idle(): Promise<void> {
    return this.#deps.lock.idle();
  }

  #put(
    parsed: ParsedPolicy,
    { precondition, cause }: Asked,
    creating: string | undefined,
  ): Promise<WriteOutcome> {
    const { policy } = parsed;
    return this.#queue.run(policy.id, async (): Promise<WriteOutcome> => {
      const before = this.#deps.registry.known(policy.id);
      if (before?.origin.kind === "api" && creating !== undefined) {
        return { type: "exists", id: policy.id };
      }
      const rejection = checkWrite(before, precondition);
      if (rejection) return rejection;
      return this.#rounds.run(
        policy,
        async (refused): Promise<WriteOutcome> => refused ?? this.#write(parsed, before, cause),
      );
    });
  }

  /** Why each of some policies is rejected beside the present ones and those before it. */
  async #admit(policies: readonly Policy[]): Promise<readonly (Rejection | undefined)[]> {
    const beyond = await this.#deps.quotas.ofEach(policies);
    const within = policies.filter((_, index) => beyond[index] === undefined);
    const details = within.length === 0 ? [] : await this.#deps.admit(within);
    const detailOf = new Map(within.map((policy, index) => [policy, details[index]]));
    return policies.map((policy, index) => {
      const problem = beyond[index];
      if (problem) return { type: "quotaExceeded", problems: [problem] };
      const detail = detailOf.get(policy);
      if (detail === undefined) return undefined;
      return { type: "conflict", problems: [{ pointer: "", detail, remedy: LIMIT_REMEDY }] };
    });
  }

  async #write(
    { policy, document }: ParsedPolicy,
    before: KnownPolicy | undefined,
    cause: Cause,
  ): Promise<WriteOutcome> {
    const change = documentWritten(cause, { kind: "policy", id: policy.id }, before, document);
    const notes = { ...defined({ requester: cause.actor.user }), audit: [change] };
    const stored = await attemptStore(() => this.#deps.store.put(policy.id, document, notes));
    if (!stored.ok) return stored.refusal;
    const { revision, createdAt, updatedAt, requester } = stored.value;
    const origin = storedOrigin(stored.value);
    const written = { policy, document, origin, revision, createdAt, updatedAt };
    const entry: PolicyEntry = { ...written, ...defined({ requester }) };
    this.#deps.effects.policyWritten(entry, before, cause.actor.user);
    return { type: before ? "replaced" : "created", entry };
  }
}

/** Problems of a parsed document in the terms of a REST client. */
export function documentProblems(problems: readonly JsonProblem[]): DocumentProblem[] {
  return problems.map(({ path, what, remedy }) => ({
    pointer: jsonPointer(path),
    detail: what,
    remedy,
  }));
}

function invalid(problems: readonly JsonProblem[]): Rejection {
  return { type: "invalid", problems: documentProblems(problems) };
}

function withId({ policy, document }: ParsedPolicy, id: PolicyId): ParsedPolicy {
  return { policy: { ...policy, id }, document: { ...document, id } };
}

/** Why a write of a policy or group is rejected; undefined when it is not. */
export function checkWrite(
  entry: Pick<KnownPolicy, "origin" | "revision"> | undefined,
  precondition: Precondition,
): Rejection | undefined {
  if (entry?.origin.kind === "file") return { type: "readOnly", file: entry.origin.file };
  const { revisions, existence } = precondition;
  const holds =
    (revisions === undefined || (entry !== undefined && revisions.includes(entry.revision))) &&
    (existence === undefined || (existence === "present") === (entry !== undefined));
  if (holds) return undefined;
  const current = entry === undefined ? {} : { current: entry.revision };
  return { type: "preconditionFailed", ...current };
}
