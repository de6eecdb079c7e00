// SPDX-License-Identifier: Apache-2.0
import type { PolicyOrigin } from "../../contract/policies.ts";
import { lowerBound } from "../../lang/lower-bound.ts";
import { type GroupId, groupsNamedIn, type Policy, type PolicyId } from "../../policy/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import { type JsonProblem, jsonPointer } from "../../topology/index.ts";
import { MonitorIndex } from "./monitor-index.ts";

/** A policy document: JSON as the user wrote it, always with its `id`. */
export type PolicyJson = Readonly<Record<string, unknown>>;

/** A policy with everything that is known about it except its status. */
export interface PolicyEntry {
  readonly policy: Policy;
  readonly document: PolicyJson;
  readonly origin: PolicyOrigin;
  /** Revision of the write in the store; 0 for a policy from a file. */
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The user who created it; absent for a policy from a file. */
  readonly requester?: string;
}

/**
 * A stored policy that is not valid, for this version of OpenVTAP or with the groups that it names: not in
 * effect, kept until a client replaces or deletes it, or until a group that it names is written.
 */
export interface InvalidPolicy
  extends Pick<
    PolicyEntry,
    "document" | "origin" | "revision" | "createdAt" | "updatedAt" | "requester"
  > {
  readonly id: PolicyId;
  /** Its problems: one sentence for each member. */
  readonly reasons: readonly string[];
  /** The groups that it names, whether they exist or not. */
  readonly groups: readonly GroupId[];
}

/** A stored policy with the problems that make it invalid. */
export function invalidPolicy(
  stored: Omit<InvalidPolicy, "reasons" | "groups">,
  problems: readonly JsonProblem[],
): InvalidPolicy {
  const reasons = problems.map(
    ({ path, what, remedy }) => `${jsonPointer(path) || "the document"}: ${what}; ${remedy}`,
  );
  return { ...stored, reasons, groups: groupsNamedIn(stored.document) };
}

/** Any policy that a client finds under an id. */
export type KnownPolicy = PolicyEntry | InvalidPolicy;

export function idOf(known: KnownPolicy): PolicyId {
  return "policy" in known ? known.policy.id : known.id;
}

/** The project that a policy is limited to, valid or not. */
export function projectOf({ document: { project } }: KnownPolicy): string | undefined {
  return typeof project === "string" ? project : undefined;
}

/** The groups that a policy names. */
export function groupsNamedBy(known: KnownPolicy): readonly GroupId[] {
  return "policy" in known ? known.policy.groups : known.groups;
}

/** When a policy was created; `file` for one from a file, which does not record that. */
export function creationOf(known: KnownPolicy | undefined): string | undefined {
  return known?.origin.kind === "file" ? "file" : known?.createdAt;
}

/** The policies in memory, in the order of their ids. */
export class PolicyRegistry {
  /** Where the valid policies name monitors. */
  readonly monitors = new MonitorIndex();
  readonly #entries = new Map<PolicyId, PolicyEntry>();
  readonly #invalid = new Map<PolicyId, InvalidPolicy>();
  /** The valid policies with tunnels. */
  readonly #tunnelling = new Map<PolicyId, Policy>();
  readonly #tunnelsChanged = new Listeners<[]>();
  readonly #written = new Listeners<[id: PolicyId, before: PolicyEntry | undefined]>();
  /** Ids in ascending order; undefined until first read. */
  #ids: PolicyId[] | undefined;

  /** Number of valid policies. */
  get size(): number {
    return this.#entries.size;
  }

  /** Number of invalid policies. */
  get invalid(): number {
    return this.#invalid.size;
  }

  /** A valid policy. */
  get(id: PolicyId): PolicyEntry | undefined {
    return this.#entries.get(id);
  }

  /** A policy, valid or not. */
  known(id: PolicyId): KnownPolicy | undefined {
    return this.#entries.get(id) ?? this.#invalid.get(id);
  }

  set(entry: PolicyEntry): void {
    const { id } = entry.policy;
    this.#noteId(id);
    this.#invalid.delete(id);
    const before = this.#entries.get(id);
    this.monitors.replace(before?.policy, entry.policy);
    this.#entries.set(id, entry);
    this.#followTunnels(id, entry.policy);
    this.#written.notify(id, before);
  }

  setInvalid(invalid: InvalidPolicy): void {
    this.#noteId(invalid.id);
    this.#invalid.set(invalid.id, invalid);
  }

  delete(id: PolicyId): void {
    const before = this.#entries.get(id);
    this.monitors.replace(before?.policy, undefined);
    const isDeleted = this.#entries.delete(id) || this.#invalid.delete(id);
    if (isDeleted) this.#ids?.splice(lowerBound<string>(this.#ids, id), 1);
    this.#followTunnels(id, undefined);
    if (before) this.#written.notify(id, before);
  }

  /** Calls back when a valid policy is set or deleted, with what it was before. */
  subscribe(listener: (id: PolicyId, before: PolicyEntry | undefined) => void): void {
    this.#written.add(listener);
  }

  /** The valid policies whose copies leave by tunnels. */
  tunnelling(): Iterable<Policy> {
    return this.#tunnelling.values();
  }

  /** Calls back when `tunnelling` has changed. */
  subscribeTunnels(listener: () => void): void {
    this.#tunnelsChanged.add(listener);
  }

  /** The valid policies. */
  values(): IterableIterator<PolicyEntry> {
    return this.#entries.values();
  }

  /** The policies that name any of some groups: the valid ones first. */
  *usersOf(groups: Pick<ReadonlySet<GroupId>, "has">): Generator<KnownPolicy> {
    for (const policies of [this.#entries.values(), this.#invalid.values()]) {
      for (const each of policies) if (groupsNamedBy(each).some((id) => groups.has(id))) yield each;
    }
  }

  /** All policies, valid or not, whose ids follow `after`, in order. */
  *from(after: string | undefined): Generator<KnownPolicy> {
    this.#ids ??= [...this.#entries.keys(), ...this.#invalid.keys()].sort();
    const ids = this.#ids;
    let at = 0;
    if (after !== undefined) {
      at = lowerBound<string>(ids, after);
      if (ids[at] === after) at++;
    }
    for (; at < ids.length; at++) {
      const id = ids[at];
      const found = id === undefined ? undefined : this.known(id);
      if (found) yield found;
    }
  }

  #followTunnels(id: PolicyId, policy: Policy | undefined): void {
    const hadTunnels = this.#tunnelling.delete(id);
    const hasTunnels = policy?.monitors.some(({ tunnel }) => tunnel !== undefined) ?? false;
    if (policy && hasTunnels) this.#tunnelling.set(id, policy);
    if (hadTunnels || hasTunnels) this.#tunnelsChanged.notify();
  }

  #noteId(id: PolicyId): void {
    if (this.#ids && !this.known(id)) this.#ids.splice(lowerBound<string>(this.#ids, id), 0, id);
  }
}
