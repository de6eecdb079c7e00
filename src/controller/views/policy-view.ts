// SPDX-License-Identifier: Apache-2.0
import type {
  PolicyHealth,
  PolicyStatus,
  PolicyView,
  WrittenPolicy,
} from "../../contract/policies.ts";
import type { PolicyCounters } from "../../counters/index.ts";
import { defined } from "../../lang/defined.ts";
import { idOf, type KnownPolicy } from "../policies/policy-registry.ts";
import { countersView } from "./counters-view.ts";

export function policyView(
  known: KnownPolicy,
  { status, health }: { readonly status: PolicyStatus; readonly health: PolicyHealth },
  counters: PolicyCounters,
): PolicyView {
  return { ...writtenPolicyView(known), status, health, counters: countersView(counters) };
}

export function writtenPolicyView(known: KnownPolicy): WrittenPolicy {
  const { document, origin, revision, createdAt, updatedAt, requester } = known;
  const written = { id: idOf(known), origin, revision, createdAt, updatedAt };
  return { ...document, ...written, ...defined({ requester }) };
}
