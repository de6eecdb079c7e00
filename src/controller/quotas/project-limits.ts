// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../contract/policies.ts";
import { type ProjectQuotas, quotaOf } from "../../contract/projects/quotas.ts";
import type { CompileEnvironment, Policy, PolicyId } from "../../policy/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import { LimitedPolicies } from "./limited-policies.ts";
import { RateShares } from "./rate-shares.ts";
import { RuleQuotas } from "./rule-quotas.ts";

/** Dependencies of `ProjectLimits`. */
interface ProjectLimitsDeps {
  readonly quotas: ProjectQuotas;
  readonly registry: Pick<PolicyRegistry, "get" | "subscribe">;
  readonly isEnded: (id: PolicyId) => boolean;
  /** What taps are compiled in, with the network as it is known now. */
  readonly environment: () => CompileEnvironment;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly clock: Clock;
}

/**
 * What quotas of rules and of bandwidth do to policies in effect. They are an input of the compile like any other: a
 * policy that is held is compiled as a disabled one, and one that shares its project's bandwidth as one with a rate
 * limit.
 */
export class ProjectLimits {
  readonly rates: RateShares;
  readonly rules: RuleQuotas;
  readonly #deps: ProjectLimitsDeps;
  readonly #policies: LimitedPolicies;
  readonly #effects = new Listeners<[ids: readonly PolicyId[]]>();

  constructor(deps: ProjectLimitsDeps) {
    const { quotas, clock } = deps;
    const kbpsOf = (project: string) => quotaOf(quotas, project).kbps;
    const rulesOf = (project: string) => quotaOf(quotas, project).rules;
    const isLimited = (project: string) =>
      kbpsOf(project) !== undefined || rulesOf(project) !== undefined;
    this.#deps = deps;
    this.#policies = new LimitedPolicies({ ...deps, isLimited });
    const policies = this.#policies;
    this.rates = new RateShares({ kbpsOf, policies, clock });
    const limited = (policy: Policy) => this.rates.limited(policy);
    this.rules = new RuleQuotas({ ...deps, rulesOf, policies, limited });
    this.rates.subscribe((ids) => this.#ratesChanged(ids));
    this.rules.subscribe((ids) => this.#effects.notify(ids));
  }

  /** Calls back with the policies that `effective` has another answer for: they must be compiled. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#effects.add(listener);
  }

  /** The policy as it is to be compiled. */
  effective(policy: Policy): Policy {
    const limited = this.rates.effective(policy);
    return this.rules.isHeld(policy.id) ? { ...limited, enabled: false } : limited;
  }

  /** The status of a policy that is enabled and held; undefined: it is not both. */
  status(id: PolicyId): PolicyStatus | undefined {
    const policy = this.#deps.registry.get(id)?.policy;
    const { project } = policy ?? {};
    if (policy === undefined || project === undefined || !policy.enabled) return undefined;
    const { rules, kbps } = quotaOf(this.#deps.quotas, project);
    const remedy =
      "delete or narrow policies of the project, or ask an administrator to raise the quota";
    if (this.rules.isHeld(id)) {
      const what = `it would need more rules on one switch than project ${project} may have: ${rules} (rules of projectQuotas)`;
      return { state: "error", reasons: [`${what}; ${remedy}`] };
    }
    if (!this.rates.isHeld(policy)) return undefined;
    const what = `nothing is left for it of the bandwidth that project ${project} may have: ${kbps} kbit/s (kbps of projectQuotas)`;
    return { state: "error", reasons: [`${what}; ${remedy}`] };
  }

  /** Policies have started or ended. */
  lifetimesChanged(ids: Iterable<PolicyId>): void {
    for (const id of ids) this.#policies.look(id);
  }

  #ratesChanged(ids: readonly PolicyId[]): void {
    for (const id of ids) {
      const project = this.#deps.registry.get(id)?.policy.project;
      if (project !== undefined) this.rules.outdate(project, id);
    }
    this.#effects.notify(ids);
  }
}
