// SPDX-License-Identifier: Apache-2.0
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Dpid } from "../../topology/index.ts";

/** The switches that copies enter by a link, and the policies whose copies they are. */
export class CrossedSwitches {
  readonly #policies = new Map<Dpid, Set<PolicyId>>();
  readonly #crossed = new Map<PolicyId, ReadonlySet<Dpid>>();

  /** Replaces the switches of a policy; it has none without a plan. */
  set(id: PolicyId, plan: PolicyPlan | undefined): void {
    for (const dpid of this.#crossed.get(id) ?? []) {
      const policies = this.#policies.get(dpid);
      policies?.delete(id);
      if (policies?.size === 0) this.#policies.delete(dpid);
    }
    const crossed = new Set<Dpid>();
    for (const { route } of plan?.copies.flatMap(({ countedPaths }) => countedPaths) ?? []) {
      for (const { dpid } of route?.hops.slice(1) ?? []) crossed.add(dpid);
    }
    if (crossed.size > 0) this.#crossed.set(id, crossed);
    else this.#crossed.delete(id);
    for (const dpid of crossed) {
      this.#policies.set(dpid, (this.#policies.get(dpid) ?? new Set()).add(id));
    }
  }

  policiesAt(dpid: Dpid): Iterable<PolicyId> {
    return this.#policies.get(dpid) ?? [];
  }
}
