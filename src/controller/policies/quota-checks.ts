// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem } from "../../contract/rejection.ts";
import type { Policy } from "../../policy/index.ts";
import type { Change, PolicyQuotas } from "./policy-quotas.ts";

/** Checks that compile policies. */
interface CompiledChecks {
  ofEach(policies: readonly Policy[]): Promise<readonly (DocumentProblem | undefined)[]>;
  ofChange(change: Change): Promise<readonly DocumentProblem[]>;
}

/** All checks of quotas: first what documents alone exceed, then what their rules do. */
export class QuotaChecks {
  readonly #documents: PolicyQuotas;
  readonly #rules: CompiledChecks;

  constructor(documents: PolicyQuotas, rules: CompiledChecks) {
    this.#documents = documents;
    this.#rules = rules;
  }

  /** What each of some writes exceeds, beside those before it that exceed nothing. */
  async ofEach(policies: readonly Policy[]): Promise<readonly (DocumentProblem | undefined)[]> {
    const beyond = this.#documents.ofEach(policies);
    const within = policies.filter((_, index) => beyond[index] === undefined);
    const found = await this.#rules.ofEach(within);
    const problemOf = new Map(within.map((policy, index) => [policy, found[index]]));
    return policies.map((policy, index) => beyond[index] ?? problemOf.get(policy));
  }

  /** What a change as a whole exceeds: of each project the first. */
  async ofChange(change: Change): Promise<readonly DocumentProblem[]> {
    const problems = this.#documents.ofChange(change);
    return problems.length > 0 ? problems : this.#rules.ofChange(change);
  }
}
