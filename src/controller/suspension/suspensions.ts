// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { Suspension } from "../../contract/taps.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { PolicyEntry } from "../policies/policy-registry.ts";

/** The suspension of one policy by the drop guard. */
export interface PolicySuspension {
  readonly since: string;
  /** What the guard observed, as a clause. */
  readonly reason: string;
  /** The write of the policy that it applies to: an edit ends it. */
  readonly write: string;
}

/** The suspension of the taps of a project. */
export interface ProjectSuspension extends Suspension {
  /** An identity of the project made it. */
  readonly byProject: boolean;
}

/**
 * Which enabled policies are suspended. Suspension is an input of the compile like any other: a
 * suspended policy is compiled as a disabled one, so its rules are removed from the switches, and
 * installed again, in the same order as after an edit.
 */
export class Suspensions {
  /** The suspension of all taps. */
  all: Suspension | undefined;
  /** The suspensions of the taps of projects. */
  readonly projects = new Map<string, ProjectSuspension>();
  readonly #policies = new Map<PolicyId, PolicySuspension>();

  setPolicy(id: PolicyId, suspension: PolicySuspension): void {
    this.#policies.set(id, suspension);
  }

  /** Whether there was one, for any write. */
  deletePolicy(id: PolicyId): boolean {
    return this.#policies.delete(id);
  }

  /** The suspension that applies to a policy as it is written now. */
  ofPolicy(entry: PolicyEntry): PolicySuspension | undefined {
    const found = this.#policies.get(entry.policy.id);
    return found !== undefined && found.write === writeOf(entry) ? found : undefined;
  }

  /** Ids of the policies that the guard has suspended; an edit may have ended a suspension. */
  get policies(): Iterable<PolicyId> {
    return this.#policies.keys();
  }

  /** Why an enabled policy makes no copies; undefined when it is not suspended. */
  reasonOf(entry: PolicyEntry): string | undefined {
    if (!entry.policy.enabled) return undefined;
    if (this.all) return `taps are suspended since ${this.all.since}${statedText(this.all)}`;
    const { project = "" } = entry.policy;
    const ofProject = this.projects.get(project);
    if (ofProject)
      return `taps of project ${project} are suspended since ${ofProject.since}${statedText(ofProject)}`;
    const own = this.ofPolicy(entry);
    return own && `suspended by the drop guard since ${own.since}: ${own.reason}`;
  }

  /** The policy as it is to be compiled. */
  effective(entry: PolicyEntry): Policy {
    const { policy } = entry;
    return this.reasonOf(entry) === undefined ? policy : { ...policy, enabled: false };
  }
}

function statedText({ by, reason }: Suspension): string {
  return `${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
}

/** Identifies the last write: by revision, and by content because policies from files have no revision. */
export function writeOf({ revision, document }: PolicyEntry): string {
  const hash = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  return `${revision}-${hash.slice(0, 16)}`;
}
