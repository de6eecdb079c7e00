import type { PolicyCounters } from "../counters/index.ts";
import { idOf, type KnownPolicy, type PolicyOrigin } from "../policy-book.ts";
import type { PolicyStatus } from "../policy-status.ts";
import { type CountersView, countersView } from "./counters-view.ts";

/** A policy as REST returns it: the user's members first and as written, then the controller's. */
export interface PolicyView {
  readonly [member: string]: unknown;
  readonly id: string;
  readonly origin: PolicyOrigin;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: { readonly state: PolicyStatus["state"]; readonly reasons: readonly string[] };
  readonly counters: CountersView;
}

export function policyView(
  known: KnownPolicy,
  status: PolicyStatus,
  counters: PolicyCounters,
): PolicyView {
  const { document, origin, revision, createdAt, updatedAt } = known;
  return {
    ...document,
    ...{ id: idOf(known), origin, revision, createdAt, updatedAt, status },
    counters: countersView(counters),
  };
}
