// SPDX-License-Identifier: Apache-2.0
import type { ProjectView } from "../../contract/projects/project-view.ts";
import { type ProjectQuotas, quotaOf } from "../../contract/projects/quotas.ts";
import type { Counters } from "../../counters/index.ts";
import { defined } from "../../lang/defined.ts";
import type { Topology } from "../../topology/index.ts";
import { amountOf, type PolicyQuotas, type ProjectUse } from "../policies/policy-quotas.ts";
import { idOf, type PolicyRegistry, projectOf } from "../policies/policy-registry.ts";
import { walkPolicies } from "../policies/walk-policies.ts";
import type { ProjectLimits } from "../quotas/project-limits.ts";
import { switchName } from "../views/network-view.ts";

/** Dependencies of `ProjectQueries`. */
export interface ProjectQueriesDeps {
  readonly projectQuotas: ProjectQuotas;
  readonly policyQuotas: Pick<PolicyQuotas, "useOf">;
  readonly limits: ProjectLimits;
  readonly registry: Pick<PolicyRegistry, "from">;
  readonly counters: { readonly rates: Pick<Counters["rates"], "policy"> };
  readonly network: { readonly topology: Topology };
}

/** What is collected of a project's policies. */
interface Collected {
  readonly use: ProjectUse;
  /** Bits per second; NaN: not known. */
  copiedBps: number;
  held: number;
}

/** What projects use of their quotas. */
export class ProjectQueries {
  readonly #deps: ProjectQueriesDeps;

  constructor(deps: ProjectQueriesDeps) {
    this.#deps = deps;
  }

  /** The projects with policies or with quotas of their own; with a name: that one alone, whether it has any. */
  async list(project?: string): Promise<ProjectView[]> {
    const collected = await this.#collect(project);
    const views: ProjectView[] = [];
    for (const name of [...collected.keys()].sort()) {
      const found = collected.get(name);
      if (found) views.push(await this.#view(name, found));
    }
    return views;
  }

  async #collect(project: string | undefined): Promise<Map<string, Collected>> {
    const { projectQuotas, policyQuotas, limits, registry, counters } = this.#deps;
    const nothing = (): Collected => ({ use: new Map(), copiedBps: 0, held: 0 });
    const named = Object.keys(projectQuotas).filter((name) => name !== "default");
    const first = project === undefined ? named : [project];
    const collected = new Map(first.map((name) => [name, nothing()]));
    await walkPolicies(registry, undefined, (known) => {
      const own = projectOf(known);
      if (own === undefined || (project !== undefined && own !== project)) return false;
      const found = collected.get(own) ?? nothing();
      const id = idOf(known);
      found.use.set(id, policyQuotas.useOf(known));
      const [, copiedBps = 0] = counters.rates.policy(id)?.values ?? [];
      found.copiedBps += copiedBps;
      if (limits.status(id)) found.held++;
      collected.set(own, found);
      return false;
    });
    return collected;
  }

  async #view(project: string, { use, copiedBps, held }: Collected): Promise<ProjectView> {
    const { projectQuotas, limits, network } = this.#deps;
    const quota = quotaOf(projectQuotas, project);
    const fullest = await limits.rules.fullest(project);
    const at = fullest && switchName(network.topology, fullest.dpid);
    const rules = quota.rules !== undefined && {
      rules: { used: fullest?.count ?? 0, limit: quota.rules, ...defined({ switch: at }) },
    };
    const division = limits.rates.division(project);
    return {
      project,
      policies: { used: amountOf(use, "policies"), ...defined({ limit: quota.policies }) },
      monitors: { used: amountOf(use, "monitors"), ...defined({ limit: quota.monitors }) },
      ...rules,
      kbps: {
        reserved: division?.reserved ?? amountOf(use, "kbps"),
        measured: Number.isNaN(copiedBps) ? null : copiedBps / 1000,
        ...defined({ shared: division?.shared, limit: quota.kbps }),
      },
      requestsPerSecond: defined({ limit: quota.requestsPerSecond }),
      held,
    };
  }
}
