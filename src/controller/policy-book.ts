import type { Policy, PolicyId } from "../policy/index.ts";

/** A policy document: JSON as the user wrote it, always with its `id`. */
export type PolicyJson = Readonly<Record<string, unknown>>;

/** Who owns a policy. One that a file holds can be changed in that file only. */
export type PolicyOrigin =
  | { readonly kind: "api" }
  | { readonly kind: "file"; readonly file: string };

/** A policy with all that is known of it except its status. */
export interface PolicyEntry {
  readonly policy: Policy;
  readonly document: PolicyJson;
  readonly origin: PolicyOrigin;
  /** Revision of the write in the store; 0 for a policy from a file. */
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The policies in memory, in the order of their ids. */
export class PolicyBook {
  readonly #entries = new Map<PolicyId, PolicyEntry>();
  /** Ids in ascending order; rebuilt when it is read after a change. */
  #ids: PolicyId[] | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(id: PolicyId): PolicyEntry | undefined {
    return this.#entries.get(id);
  }

  set(entry: PolicyEntry): void {
    const { id } = entry.policy;
    if (this.#ids && !this.#entries.has(id)) this.#ids.splice(this.#position(this.#ids, id), 0, id);
    this.#entries.set(id, entry);
  }

  delete(id: PolicyId): void {
    if (!this.#entries.delete(id) || !this.#ids) return;
    this.#ids.splice(this.#position(this.#ids, id), 1);
  }

  values(): IterableIterator<PolicyEntry> {
    return this.#entries.values();
  }

  /** Entries whose ids follow `after`, in order. */
  *from(after: string | undefined): Generator<PolicyEntry> {
    this.#ids ??= [...this.#entries.keys()].sort();
    const ids = this.#ids;
    let at = 0;
    if (after !== undefined) {
      at = this.#position(ids, after);
      if (ids[at] === after) at++;
    }
    for (; at < ids.length; at++) {
      const id = ids[at];
      const entry = id === undefined ? undefined : this.#entries.get(id);
      if (entry) yield entry;
    }
  }

  /** Where an id is, or would be. */
  #position(ids: readonly string[], id: string): number {
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ids[middle] ?? "") < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
