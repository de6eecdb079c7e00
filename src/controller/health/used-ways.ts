// SPDX-License-Identifier: Apache-2.0
import type { CopyWay, PolicyId } from "../../policy/index.ts";

const NONE: ReadonlySet<never> = new Set<never>();

/** Which policies use which ways: many policies share one. */
export class UsedWays {
  readonly #ways = new Map<string, { way: CopyWay; readonly policies: Set<PolicyId> }>();
  readonly #ofPolicy = new Map<PolicyId, ReadonlySet<string>>();

  /**
   * Replaces the ways of a policy. `added`: ways that are new, or that have the id of another one that they
   * replace; `removed`: ids that no policy uses any more.
   */
  set(id: PolicyId, ways: readonly CopyWay[]): { added: CopyWay[]; removed: string[] } {
    const before = this.#ofPolicy.get(id) ?? NONE;
    const now = new Set(ways.map((way) => way.id));
    if (now.size > 0) this.#ofPolicy.set(id, now);
    else this.#ofPolicy.delete(id);
    const added: CopyWay[] = [];
    for (const way of ways) {
      const known = this.#ways.get(way.id);
      if (known?.way !== way) added.push(way);
      if (known === undefined) this.#ways.set(way.id, { way, policies: new Set([id]) });
      else {
        known.way = way;
        known.policies.add(id);
      }
    }
    const removed: string[] = [];
    for (const each of before) {
      if (now.has(each)) continue;
      const policies = this.#ways.get(each)?.policies;
      policies?.delete(id);
      if (policies?.size !== 0) continue;
      this.#ways.delete(each);
      removed.push(each);
    }
    return { added, removed };
  }

  policiesOf(way: string): ReadonlySet<PolicyId> {
    return this.#ways.get(way)?.policies ?? NONE;
  }

  /** The policies that have ways. */
  policies(): Iterable<PolicyId> {
    return this.#ofPolicy.keys();
  }
}
