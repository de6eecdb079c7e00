// SPDX-License-Identifier: Apache-2.0

import type { PolicyId } from "../../policy/index.ts";

/** The policies whose last write, deletion or suspension is not compiled yet. */
export class UncompiledPolicies {
  /** By policy: its latest edit. */
  readonly #edits = new Map<PolicyId, symbol>();

  has(id: PolicyId): boolean {
    return this.#edits.has(id);
  }

  get isEmpty(): boolean {
    return this.#edits.size === 0;
  }

  /** These policies were edited; returns the edit. */
  begin(ids: Iterable<PolicyId>): symbol {
    const edit = Symbol("edit");
    for (const id of ids) this.#edits.set(id, edit);
    return edit;
  }

  /** An edit of a policy is compiled. A later one may still wait. */
  end(id: PolicyId, edit: symbol): void {
    if (this.#edits.get(id) === edit) this.#edits.delete(id);
  }
}
