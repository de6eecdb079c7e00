// SPDX-License-Identifier: Apache-2.0
import {
  noPolicyCounts,
  type PolicyHealth,
  type PolicyListQuery,
  type PolicyStatus,
  type PolicyView,
} from "../../contract/policies.ts";
import type { Counters, PolicyCounters } from "../../counters/index.ts";
import { policyHealth } from "../health/policy-health.ts";
import type { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyRegistry,
  projectOf,
} from "../policies/policy-registry.ts";
import { walkPolicies } from "../policies/walk-policies.ts";
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

/** Policies with their statuses and counters, as clients see them. */
export class PolicyQueries {
  readonly #deps: PolicyQueriesDeps;

  constructor(deps: PolicyQueriesDeps) {
    this.#deps = deps;
  }

  /** A page of policies in the order of their ids. */
  async list(query: PolicyListQuery) {
    const { after, project, state, limit } = query;
    const items: PolicyView[] = [];
    const more = await walkPolicies(this.#deps.registry, after, (known) => {
      if (project !== undefined && projectOf(known) !== project) return false;
      const status = this.status(known);
      if (state !== undefined && status.state !== state) return false;
      if (items.length === limit) return true;
      items.push(this.#view(known, status));
      return false;
    });
    return { items, more };
  }

  /** The number of policies of a project, in total and by state. */
  async counts(project: string) {
    const byState = noPolicyCounts();
    let total = 0;
    await walkPolicies(this.#deps.registry, undefined, (known) => {
      if (projectOf(known) === project) {
        total++;
        byState[this.status(known).state]++;
      }
      return false;
    });
    return { total, byState };
  }

  view(known: KnownPolicy): PolicyView {
    return this.#view(known, this.status(known));
  }

  health(known: KnownPolicy, status = this.status(known)): PolicyHealth {
    return "policy" in known
      ? this.#deps.health.health(known.policy.id, status)
      : policyHealth({ status, ways: [], unprobed: [], lostCopies: 0 });
  }

  #view(known: KnownPolicy, status: PolicyStatus): PolicyView {
    const health = this.health(known, status);
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
