import type { PolicyEntry, PolicyOrigin } from "../policy-book.ts";
import type { PolicyStatus } from "../policy-status.ts";

/** A policy as REST returns it: the user's members first and as written, then the controller's. */
export interface PolicyView {
  readonly [member: string]: unknown;
  readonly id: string;
  readonly origin: PolicyOrigin;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: { readonly state: PolicyStatus["state"]; readonly reasons: readonly string[] };
}

export function policyView(entry: PolicyEntry, status: PolicyStatus): PolicyView {
  const { document, policy, origin, revision, createdAt, updatedAt } = entry;
  return { ...document, id: policy.id, origin, revision, createdAt, updatedAt, status };
}
