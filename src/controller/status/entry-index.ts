// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import type { PolicyId } from "../../policy/index.ts";

const NOTHING: ReadonlySet<never> = new Set<never>();

/** Which entries belong to a policy, and vice versa. */
export class EntryIndex {
  readonly #refs = new Map<PolicyId, ReadonlySet<EntryRef>>();
  readonly #policies = new Map<EntryRef, Set<PolicyId>>();

  /** Replaces the entries of a policy; an empty set removes the policy. */
  set(id: PolicyId, refs: ReadonlySet<EntryRef>): void {
    const before = this.refsOf(id);
    if (refs.size > 0) this.#refs.set(id, refs);
    else this.#refs.delete(id);
    for (const ref of before) if (!refs.has(ref)) this.#leave(ref, id);
    for (const ref of refs) {
      const policies = this.#policies.get(ref);
      if (policies) policies.add(id);
      else this.#policies.set(ref, new Set([id]));
    }
  }

  has(id: PolicyId): boolean {
    return this.#refs.has(id);
  }

  refsOf(id: PolicyId): ReadonlySet<EntryRef> {
    return this.#refs.get(id) ?? NOTHING;
  }

  policiesOf(ref: EntryRef): ReadonlySet<PolicyId> {
    return this.#policies.get(ref) ?? NOTHING;
  }

  /** Every entry that belongs to a policy. */
  refs(): Iterable<EntryRef> {
    return this.#policies.keys();
  }

  #leave(ref: EntryRef, id: PolicyId): void {
    const policies = this.#policies.get(ref);
    policies?.delete(id);
    if (policies?.size === 0) this.#policies.delete(ref);
  }
}
