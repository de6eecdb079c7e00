// SPDX-License-Identifier: Apache-2.0
import { type ProjectQuotas, quotaOf } from "../../contract/projects/quotas.ts";
import type { DocumentProblem } from "../../contract/rejection.ts";
import type { Monitor, Policy, PolicyId } from "../../policy/index.ts";
import { formatIpAddress } from "../../topology/index.ts";
import { idOf, type KnownPolicy, type PolicyRegistry, projectOf } from "./policy-registry.ts";

/** The members of a quota that writes of policies concern, with where a document exceeds them. */
const MEMBERS = [
  { member: "policies", pointer: "" },
  { member: "monitors", pointer: "/monitors" },
] as const;

/** Policies that are written and deleted as one change. */
interface Change {
  readonly written: readonly Policy[];
  readonly deleted?: readonly PolicyId[];
}

/** What a project uses: the monitors of each of its policies, as texts. */
type Use = Map<PolicyId, readonly string[]>;

/**
 * Whether projects keep within their quotas. All policies of a project count, those of administrators, disabled and invalid
 * ones included; a monitor counts once, however many policies name it alike. A change that does not increase the use of a
 * project that is above its quota is allowed: a quota may be lowered.
 */
export class PolicyQuotas {
  readonly #quotas: ProjectQuotas;
  readonly #registry: Pick<PolicyRegistry, "from">;

  constructor(quotas: ProjectQuotas, registry: Pick<PolicyRegistry, "from">) {
    this.#quotas = quotas;
    this.#registry = registry;
  }

  /** What each of some writes exceeds, beside those before it that exceed nothing. */
  ofEach(policies: readonly Policy[]): readonly (DocumentProblem | undefined)[] {
    const uses = this.#usesOf(policies);
    return policies.map((policy) => {
      const { project } = policy;
      const use = project === undefined ? undefined : uses.get(project);
      if (project === undefined || !use) return undefined;
      const after = new Map(use).set(policy.id, policy.monitors.map(textOf));
      const problem = this.#problem(project, use, after);
      if (!problem) uses.set(project, after);
      return problem;
    });
  }

  /** What a change as a whole exceeds: of each project the first. */
  ofChange({ written, deleted = [] }: Change): readonly DocumentProblem[] {
    return [...this.#usesOf(written)].flatMap(([project, use]) => {
      const after = new Map(use);
      for (const id of deleted) after.delete(id);
      for (const policy of written) {
        if (policy.project === project) after.set(policy.id, policy.monitors.map(textOf));
        else after.delete(policy.id);
      }
      const problem = this.#problem(project, use, after);
      return problem ? [{ ...problem, pointer: "" }] : [];
    });
  }

  /** The present uses of the projects of some policies that have a quota. */
  #usesOf(policies: readonly Policy[]): Map<string, Use> {
    const uses = new Map<string, Use>();
    for (const { project } of policies) {
      if (project !== undefined && this.#isLimited(project)) uses.set(project, new Map());
    }
    if (uses.size === 0) return uses;
    for (const known of this.#registry.from(undefined)) {
      uses.get(projectOf(known) ?? "")?.set(idOf(known), monitorsOf(known));
    }
    return uses;
  }

  #isLimited(project: string): boolean {
    const quota = quotaOf(this.#quotas, project);
    return MEMBERS.some(({ member }) => quota[member] !== undefined);
  }

  #problem(project: string, before: Use, after: Use): DocumentProblem | undefined {
    const quota = quotaOf(this.#quotas, project);
    for (const { member, pointer } of MEMBERS) {
      const [limit = Number.POSITIVE_INFINITY, used, next] = [
        quota[member],
        amountOf(before, member),
        amountOf(after, member),
      ];
      if (next <= limit || next <= used) continue;
      return {
        pointer,
        detail: `project ${project} would have ${next} ${member}; its quota is ${limit} (${member} of projectQuotas), and it has ${used}`,
        remedy: `delete ${member} that are no longer needed, or ask an administrator to raise the quota`,
      };
    }
    return undefined;
  }
}

function amountOf(use: Use, member: "policies" | "monitors"): number {
  return member === "policies" ? use.size : new Set([...use.values()].flat()).size;
}

function monitorsOf(known: KnownPolicy): readonly string[] {
  return "policy" in known ? known.policy.monitors.map(textOf) : [];
}

/** The same for monitors that are named alike. */
function textOf({ mac, ip, host, port, tunnel }: Monitor): string {
  const address = ip && [formatIpAddress(ip.address), ip.length];
  return JSON.stringify([mac, address, host, port?.switch, port?.port, tunnel?.port]);
}
