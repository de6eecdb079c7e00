// SPDX-License-Identifier: Apache-2.0
import { reverseField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { Party, Policy } from "../model/policy.ts";

/** The role of an end of the conversation in its policy. */
export type Role = "sender" | "receiver";

/** A direction of a policy, as if it were a policy of direction `forward`. */
export interface DirectedView {
  readonly from: Party;
  readonly to: Party;
  /** The roles of the two ends in the policy. */
  readonly roles: { readonly from: Role; readonly to: Role };
  readonly filters: readonly FilterTerm[];
  readonly exclude: readonly (readonly FilterTerm[])[];
}

/** The directions of a policy. The reverse direction swaps source and destination fields. */
export function directedViews(policy: Policy): DirectedView[] {
  const { sender, receiver, filters, exclude, direction } = policy;
  const forward: DirectedView = {
    from: sender,
    to: receiver,
    roles: { from: "sender", to: "receiver" },
    filters,
    exclude,
  };
  if (direction === "forward") return [forward];
  const reverse: DirectedView = {
    from: receiver,
    to: sender,
    roles: { from: "receiver", to: "sender" },
    filters: filters.map(reverseTerm),
    exclude: exclude.map((terms) => terms.map(reverseTerm)),
  };
  return direction === "reverse" ? [reverse] : [forward, reverse];
}

function reverseTerm({ field, alternatives }: FilterTerm): FilterTerm {
  return { field: reverseField(field), alternatives };
}
