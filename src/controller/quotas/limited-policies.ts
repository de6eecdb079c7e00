// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../../policy/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";

/** Dependencies of `LimitedPolicies`. */
interface LimitedPoliciesDeps {
  readonly registry: Pick<PolicyRegistry, "get" | "subscribe">;
  /** Whether a project has a quota of rules or of bandwidth. */
  readonly isLimited: (project: string) => boolean;
  readonly isEnded: (id: PolicyId) => boolean;
}

const NONE: ReadonlyMap<PolicyId, PolicyEntry> = new Map();

/**
 * The policies that count for quotas of rules and of bandwidth: those of limited projects that are enabled and have not
 * ended. Suspended ones, and those that have not started, are among them, so that a project still keeps within its
 * quotas when they are in effect again.
 */
export class LimitedPolicies {
  readonly #deps: LimitedPoliciesDeps;
  readonly #projects = new Map<string, Map<PolicyId, PolicyEntry>>();
  readonly #projectOf = new Map<PolicyId, string>();
  readonly #changed = new Listeners<[project: string, id: PolicyId]>();

  constructor(deps: LimitedPoliciesDeps) {
    this.#deps = deps;
    deps.registry.subscribe((id) => this.look(id));
  }

  /** The policies of a project. */
  of(project: string): ReadonlyMap<PolicyId, PolicyEntry> {
    return this.#projects.get(project) ?? NONE;
  }

  /** Calls back when a policy of a project is written, deleted, or begins or ceases to count. */
  subscribe(listener: (project: string, id: PolicyId) => void): void {
    this.#changed.add(listener);
  }

  /** A policy was written or deleted, or its lifetime is another one. */
  look(id: PolicyId): void {
    const { registry, isLimited, isEnded } = this.#deps;
    const entry = registry.get(id);
    const project = entry?.policy.project;
    const counts =
      entry?.policy.enabled && project !== undefined && isLimited(project) && !isEnded(id);
    const before = this.#projectOf.get(id);
    if (before !== undefined && !(counts && project === before)) {
      this.#projects.get(before)?.delete(id);
      this.#projectOf.delete(id);
      this.#changed.notify(before, id);
    }
    if (!counts) return;
    const policies = this.#projects.get(project) ?? new Map<PolicyId, PolicyEntry>();
    this.#projects.set(project, policies.set(id, entry));
    this.#projectOf.set(id, project);
    this.#changed.notify(project, id);
  }
}

/** Policies with the oldest first: those of files, then by their creation. */
export function byAge(entries: Iterable<PolicyEntry>): readonly PolicyEntry[] {
  const keyOf = ({ origin, createdAt, policy }: PolicyEntry) =>
    `${origin.kind === "file" ? "" : createdAt} ${policy.id}`;
  return Array.from(entries, (entry) => ({ entry, key: keyOf(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ entry }) => entry);
}
