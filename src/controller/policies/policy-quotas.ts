// SPDX-License-Identifier: Apache-2.0
import { type ProjectQuotas, quotaOf } from "../../contract/projects/quotas.ts";
import type { DocumentProblem } from "../../contract/rejection.ts";
import { kilobitsPerSecond, type Monitor, type Policy, type PolicyId } from "../../policy/index.ts";
import { formatIpAddress } from "../../topology/index.ts";
import { idOf, type KnownPolicy, type PolicyRegistry, projectOf } from "./policy-registry.ts";

/** The members of a quota that documents of policies can exceed, with where they do. */
const MEMBERS = [
  { member: "policies", pointer: "", noun: "policies" },
  { member: "monitors", pointer: "/monitors", noun: "monitors" },
  { member: "kbps", pointer: "/copy/rateLimit", noun: "kbit/s of copies on one switch" },
] as const;

type Member = (typeof MEMBERS)[number]["member"];

/** Policies that are written and deleted as one change. */
export interface Change {
  readonly written: readonly Policy[];
  readonly deleted?: readonly PolicyId[];
}

/** What a policy uses of the quota of its project. */
interface PolicyUse {
  /** As texts. */
  readonly monitors: readonly string[];
  /** Bandwidth that its own rate limit sets aside, or `shared`; absent: it makes no copies. */
  readonly kbps?: number | "shared";
}

/** What a project uses, by its policies. */
export type ProjectUse = Map<PolicyId, PolicyUse>;

/** What policies without a rate limit share at least of the bandwidth of their project, in kilobits per second. */
export const LEAST_SHARED_KBPS = 1;

/** The bandwidth that a policy's own rate limit sets aside on a switch, in kilobits per second; undefined: none. */
export function reservedKbps({ rateLimit, monitors }: Policy): number | undefined {
  // Each monitor has the rate for itself.
  return rateLimit && kilobitsPerSecond(rateLimit) * monitors.length;
}

/**
 * Whether projects keep within their quotas. All policies of a project count, those of administrators, disabled and invalid
 * ones included; a monitor counts once, however many policies name it alike. Bandwidth is what policies limit
 * themselves to that are enabled and have not ended, and a minimum for all others of these together. A change that does not increase the use of a
 * project that is above its quota is allowed: a quota may be lowered.
 */
export class PolicyQuotas {
  readonly #quotas: ProjectQuotas;
  readonly #registry: Pick<PolicyRegistry, "from">;
  readonly #isEnded: (id: PolicyId) => boolean;

  constructor(
    quotas: ProjectQuotas,
    registry: Pick<PolicyRegistry, "from">,
    isEnded: (id: PolicyId) => boolean,
  ) {
    this.#quotas = quotas;
    this.#registry = registry;
    this.#isEnded = isEnded;
  }

  /** What each of some writes exceeds, beside those before it that exceed nothing. */
  ofEach(policies: readonly Policy[]): readonly (DocumentProblem | undefined)[] {
    const uses = this.#usesOf(policies);
    return policies.map((policy) => {
      const { project } = policy;
      const use = project === undefined ? undefined : uses.get(project);
      if (project === undefined || !use) return undefined;
      const after = new Map(use).set(policy.id, useOf(policy));
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
        if (policy.project === project) after.set(policy.id, useOf(policy));
        else after.delete(policy.id);
      }
      const problem = this.#problem(project, use, after);
      return problem ? [{ ...problem, pointer: "" }] : [];
    });
  }

  /** The present uses of the projects of some policies that have a quota. */
  #usesOf(policies: readonly Policy[]): Map<string, ProjectUse> {
    const uses = new Map<string, ProjectUse>();
    for (const { project } of policies) {
      if (project !== undefined && this.#isLimited(project)) uses.set(project, new Map());
    }
    if (uses.size === 0) return uses;
    for (const known of this.#registry.from(undefined)) {
      uses.get(projectOf(known) ?? "")?.set(idOf(known), this.useOf(known));
    }
    return uses;
  }

  /** What a stored policy uses. */
  useOf(known: KnownPolicy): PolicyUse {
    if (!("policy" in known)) return { monitors: [] };
    const use = useOf(known.policy);
    return this.#isEnded(known.policy.id) ? { monitors: use.monitors } : use;
  }

  #isLimited(project: string): boolean {
    const quota = quotaOf(this.#quotas, project);
    return MEMBERS.some(({ member }) => quota[member] !== undefined);
  }

  #problem(project: string, before: ProjectUse, after: ProjectUse): DocumentProblem | undefined {
    const quota = quotaOf(this.#quotas, project);
    for (const { member, pointer, noun } of MEMBERS) {
      const [limit = Number.POSITIVE_INFINITY, used, next] = [
        quota[member],
        amountOf(before, member),
        amountOf(after, member),
      ];
      if (next <= limit || next <= used) continue;
      return {
        pointer,
        detail: `project ${project} would have ${next} ${noun}; its quota is ${limit} (${member} of projectQuotas), and it has ${used}`,
        remedy: remedyOf(member),
      };
    }
    return undefined;
  }
}

function remedyOf(member: Member): string {
  const what =
    member === "kbps"
      ? "lower the rate limit of this or of another policy"
      : `delete ${member} that are no longer needed`;
  return `${what}, or ask an administrator to raise the quota`;
}

/** How much of a quota a project uses. */
export function amountOf(use: ProjectUse, member: Member): number {
  const all = [...use.values()];
  switch (member) {
    case "policies":
      return use.size;
    case "monitors":
      return new Set(all.flatMap(({ monitors }) => monitors)).size;
    case "kbps": {
      const reserved = all.map(({ kbps }) => (kbps === "shared" ? 0 : (kbps ?? 0)));
      const shared = all.some(({ kbps }) => kbps === "shared") ? LEAST_SHARED_KBPS : 0;
      return reserved.reduce((sum, each) => sum + each, shared);
    }
    default:
      return member satisfies never;
  }
}

function useOf(policy: Policy): PolicyUse {
  const monitors = policy.monitors.map(textOf);
  return policy.enabled ? { monitors, kbps: reservedKbps(policy) ?? "shared" } : { monitors };
}

/** The same for monitors that are named alike. */
function textOf({ mac, ip, host, iface, workload, port, tunnel, local }: Monitor): string {
  const address = ip && [formatIpAddress(ip.address), ip.length];
  const named = [host, iface, workload];
  const at = [port?.switch, port?.port, tunnel?.port, local];
  return JSON.stringify([mac, address, ...named, ...at]);
}
