import { createHash } from "node:crypto";
import type { Suspension } from "../../contract/taps.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { PolicyEntry } from "../policies/policy-registry.ts";

/** That the guard has suspended one policy. */
export interface PolicySuspension {
  readonly since: string;
  /** What the guard saw, as a clause. */
  readonly reason: string;
  /** The write of the policy that it holds for: an edit ends it. */
  readonly write: string;
}

/**
 * Which policies make no copies for the time being, though they are enabled. Suspension is an input of
 * the compile like any other: a suspended policy is compiled as a disabled one, so its rules leave the
 * switches, and come back, in the order in which an edit would have it.
 */
export class Suspensions {
  /** Of all taps. */
  all: Suspension | undefined;
  readonly #policies = new Map<PolicyId, PolicySuspension>();

  setPolicy(id: PolicyId, suspension: PolicySuspension): void {
    this.#policies.set(id, suspension);
  }

  /** True when there was one, of whatever write. */
  deletePolicy(id: PolicyId): boolean {
    return this.#policies.delete(id);
  }

  /** The suspension of a policy that still holds. */
  ofPolicy(entry: PolicyEntry): PolicySuspension | undefined {
    const found = this.#policies.get(entry.policy.id);
    return found?.write === writeOf(entry) ? found : undefined;
  }

  /** Ids of the policies that have been suspended; an edit may have ended it. */
  get policies(): Iterable<PolicyId> {
    return this.#policies.keys();
  }

  /** Why an enabled policy makes no copies; undefined when it may. */
  reasonOf(entry: PolicyEntry): string | undefined {
    if (!entry.policy.enabled) return undefined;
    if (this.all) return `taps are suspended since ${this.all.since}${saidOf(this.all)}`;
    const own = this.ofPolicy(entry);
    return own && `suspended by the guard since ${own.since}: ${own.reason}`;
  }

  /** The policy as it is to be compiled. */
  effective(entry: PolicyEntry): Policy {
    const { policy } = entry;
    return this.reasonOf(entry) === undefined ? policy : { ...policy, enabled: false };
  }
}

function saidOf({ by, reason }: Suspension): string {
  return `${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
}

/** Names what was written last: the revision, and the content for the sake of policies from files. */
export function writeOf({ revision, document }: PolicyEntry): string {
  const hash = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  return `${revision}-${hash.slice(0, 16)}`;
}
