// SPDX-License-Identifier: Apache-2.0
import { defaultBurst, type Policy, type PolicyId } from "../../policy/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Listeners } from "../../runtime/listeners.ts";
import { LEAST_SHARED_KBPS, reservedKbps } from "../policies/policy-quotas.ts";
import { byAge, type LimitedPolicies } from "./limited-policies.ts";

/** Dependencies of `RateShares`. */
interface RateSharesDeps {
  /** The kilobits of copies per second that a switch may make for a project; undefined: any. */
  readonly kbpsOf: (project: string) => number | undefined;
  readonly policies: LimitedPolicies;
  readonly clock: Clock;
}

/** How the bandwidth of a project is divided. */
interface Division {
  /** Set aside for policies with a rate limit of their own, in kilobits per second. */
  readonly reserved: number;
  /** What the others share, in kilobits per second. */
  readonly shared: number;
  /** The policies for which nothing is left. */
  readonly held: ReadonlySet<PolicyId>;
}

/**
 * Divides the bandwidth of projects: what policies limit themselves to is set aside for them, and the others of a
 * project share what is left, on each switch. A meter of the switch drops the copies above it: no original, and no
 * copy of others.
 */
export class RateShares {
  readonly #deps: RateSharesDeps;
  /** By project; absent: to be determined anew. */
  readonly #divisions = new Map<string, Division>();
  /** The limits with which policies were last compiled. */
  readonly #given = new Map<PolicyId, string>();
  readonly #changed = new Listeners<[ids: readonly PolicyId[]]>();
  readonly #due = new Set<string>();

  constructor(deps: RateSharesDeps) {
    this.#deps = deps;
    deps.policies.subscribe((project, id) => {
      if (deps.kbpsOf(project) === undefined) return;
      if (!deps.policies.of(project).has(id)) this.#given.delete(id);
      this.#divisions.delete(project);
      if (this.#due.size === 0) deps.clock.after(0, () => this.#notify());
      this.#due.add(project);
    });
  }

  /** Calls back with the policies that `effective` has another answer for. */
  subscribe(listener: (ids: readonly PolicyId[]) => void): void {
    this.#changed.add(listener);
  }

  /** The policy as it is to be compiled: with its share of the bandwidth, or disabled where none is left. */
  effective(policy: Policy): Policy {
    const { id, project, enabled } = policy;
    if (project === undefined || this.#deps.kbpsOf(project) === undefined) return policy;
    const limited = this.limited(policy);
    // One that is not in effect is compiled anyway when it is again.
    if (enabled) this.#given.set(id, textOf(limited));
    else this.#given.delete(id);
    return limited;
  }

  /** The same, for a policy that is tried. */
  limited(policy: Policy): Policy {
    const { project, enabled, rateLimit } = policy;
    if (project === undefined || !enabled) return policy;
    const division = this.division(project);
    if (division === undefined) return policy;
    if (division.held.has(policy.id)) return { ...policy, enabled: false };
    if (rateLimit !== undefined) return policy;
    const { shared } = division;
    if (shared < LEAST_SHARED_KBPS) return { ...policy, enabled: false };
    const rate = { unit: "kbps", rate: Math.floor(shared) } as const;
    const sharedAs = `project/${project}`;
    return { ...policy, rateLimit: { ...rate, burst: defaultBurst(rate), sharedAs } };
  }

  /** Whether a policy is not in effect because nothing is left for it. */
  isHeld({ id, project }: Pick<Policy, "id" | "project">): boolean {
    return project !== undefined && (this.division(project)?.held.has(id) ?? false);
  }

  /** How the bandwidth of a project is divided; undefined: it is not limited. */
  division(project: string): Division | undefined {
    const limit = this.#deps.kbpsOf(project);
    if (limit === undefined) return undefined;
    const known = this.#divisions.get(project) ?? this.#divide(project, limit);
    this.#divisions.set(project, known);
    return known;
  }

  #divide(project: string, limit: number): Division {
    const held = new Set<PolicyId>();
    const open: PolicyId[] = [];
    let reserved = 0;
    for (const { policy } of byAge(this.#deps.policies.of(project).values())) {
      const own = reservedKbps(policy);
      if (own === undefined) open.push(policy.id);
      else if (reserved + own <= limit) reserved += own;
      else held.add(policy.id);
    }
    const shared = limit - reserved;
    if (shared < LEAST_SHARED_KBPS) for (const id of open) held.add(id);
    return { reserved, shared, held };
  }

  #notify(): void {
    const changed: PolicyId[] = [];
    for (const project of this.#due) {
      for (const [id, { policy }] of this.#deps.policies.of(project)) {
        const given = this.#given.get(id);
        const now = textOf(this.limited(policy));
        if (given !== undefined && given !== now) changed.push(id);
      }
    }
    this.#due.clear();
    if (changed.length > 0) this.#changed.notify(changed);
  }
}

/** The same for policies that are limited alike. */
function textOf({ enabled, rateLimit }: Policy): string {
  return `${enabled} ${rateLimit?.rate}`;
}
