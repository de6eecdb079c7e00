// SPDX-License-Identifier: Apache-2.0
import type {
  PolicyListQuery,
  PolicyState,
  PolicyStatus,
  PolicyView,
} from "../../contract/policies.ts";
import type { Counters, PolicyCounters } from "../../counters/index.ts";
import { YieldTimer } from "../../runtime/index.ts";
import { policyHealth } from "../health/policy-health.ts";
import type { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyRegistry,
  projectOf,
} from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import { noCounters } from "../views/counters-view.ts";
import { policyView } from "../views/policy-view.ts";

/** Dependencies of `PolicyQueries`. */
interface PolicyQueriesDeps {
  readonly registry: PolicyRegistry;
  readonly statusTracker: PolicyStatusTracker;
  readonly counters: Counters;
  readonly health: Pick<PolicyHealthTracker, "health">;
}

const NO_POLICIES: Readonly<Record<PolicyState, number>> = {
  disabled: 0,
  expired: 0,
  suspended: 0,
  pending: 0,
  active: 0,
  degraded: 0,
  error: 0,
};

/** Policies with their statuses and counters, as clients see them. */
export class PolicyQueries {
  readonly #deps: PolicyQueriesDeps;

  constructor(deps: PolicyQueriesDeps) {
    this.#deps = deps;
  }

  /** A page of policies in the order of their ids. */
  async list(query: PolicyListQuery) {
    const { registry } = this.#deps;
    const yields = new YieldTimer();
    const items: PolicyView[] = [];
    let known: KnownPolicy | undefined;
    let rest = registry.from(query.after);
    for (;;) {
      if (yields.shouldYield) {
        await yields.yieldNow();
        // Policies may have been added or deleted: continues after the last one that was examined.
        rest = registry.from(known ? idOf(known) : query.after);
      }
      const next = rest.next();
      if (next.done) return { items, more: false };
      known = next.value;
      if (query.project !== undefined && projectOf(known) !== query.project) continue;
      const status = this.status(known);
      if (query.state !== undefined && status.state !== query.state) continue;
      if (items.length === query.limit) return { items, more: true };
      items.push(this.#view(known, status));
    }
  }

  /** The number of policies of a project, in total and by state. */
  async counts(project: string) {
    const { registry } = this.#deps;
    const yields = new YieldTimer();
    const byState = { ...NO_POLICIES };
    let total = 0;
    let rest = registry.from(undefined);
    for (let next = rest.next(); !next.done; next = rest.next()) {
      const known = next.value;
      if (projectOf(known) === project) {
        total++;
        byState[this.status(known).state]++;
      }
      if (!yields.shouldYield) continue;
      await yields.yieldNow();
      // Policies may have been added or deleted.
      rest = registry.from(idOf(known));
    }
    return { total, byState };
  }

  view(known: KnownPolicy): PolicyView {
    return this.#view(known, this.status(known));
  }

  #view(known: KnownPolicy, status: PolicyStatus): PolicyView {
    const health =
      "policy" in known
        ? this.#deps.health.health(known.policy.id, status)
        : policyHealth({ status, ways: [], unprobed: [], lostCopies: 0 });
    return policyView(known, { status, health }, this.counters(known));
  }

  counters(known: KnownPolicy): PolicyCounters {
    return this.#deps.counters.of(idOf(known)) ?? noCounters(known);
  }

  status(known: KnownPolicy): PolicyStatus {
    if ("policy" in known) return this.#deps.statusTracker.status(known.policy.id);
    return { state: "error", reasons: known.reasons.map((reason) => `no longer valid: ${reason}`) };
  }
}
