import type { PolicyCounters } from "../../counters/index.ts";
import { idOf, type KnownPolicy, type PolicyOrigin } from "../policies/policy-registry.ts";
import type { PolicyStatus } from "../status/policy-status.ts";
import { type CountersView, countersView } from "./counters-view.ts";

/** A policy as it was written: the user's members first and as written, then the controller's. */
export interface WrittenPolicyView {
  readonly [member: string]: unknown;
  readonly id: string;
  readonly origin: PolicyOrigin;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A policy as REST returns it. */
export interface PolicyView extends WrittenPolicyView {
  readonly status: { readonly state: PolicyStatus["state"]; readonly reasons: readonly string[] };
  readonly counters: CountersView;
}

export function policyView(
  known: KnownPolicy,
  status: PolicyStatus,
  counters: PolicyCounters,
): PolicyView {
  return { ...writtenPolicyView(known), status, counters: countersView(counters) };
}

export function writtenPolicyView(known: KnownPolicy): WrittenPolicyView {
  const { document, origin, revision, createdAt, updatedAt } = known;
  return { ...document, ...{ id: idOf(known), origin, revision, createdAt, updatedAt } };
}
