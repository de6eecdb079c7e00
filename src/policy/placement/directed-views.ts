// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { canMatch } from "../match-region/can-match.ts";
import { reverseField } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import { addressTerms } from "../model/party.ts";
import type { Party, Policy } from "../model/policy.ts";
import { type FindHosts, hostsIn, withHostAddresses } from "./host-addresses.ts";
import { partiesIn, type ResolveParty } from "./named-parties.ts";

/** The network as far as the views of a policy depend on it. */
export interface ViewQuery {
  readonly find: FindHosts;
  readonly resolve: ResolveParty;
}

/** What the views of a policy depend on in a topology. */
export function viewQueryIn(topology: Topology): ViewQuery {
  return { find: hostsIn(topology), resolve: partiesIn(topology) };
}

/** The role of an end of the conversation in its policy. */
export type Role = "sender" | "receiver";

/** One sender, one receiver, one filter and one direction, as if these were all of a forward policy. */
export interface DirectedView {
  readonly from: Party;
  readonly to: Party;
  /** The roles of the two ends in the policy. */
  readonly roles: { readonly from: Role; readonly to: Role };
  /** All must hold. */
  readonly filters: readonly FilterTerm[];
  readonly exclude: readonly (readonly FilterTerm[])[];
}

/**
 * The views of a policy: of each sender, receiver, filter and direction. The reverse direction swaps source and
 * destination fields. Of several senders, receivers and filters, those that no frame can match together
 * are left out: an IPv4 sender with an IPv6 receiver. Of an interface or a workload, its interfaces are the ends.
 */
export function directedViews(written: Policy, { find, resolve }: ViewQuery): DirectedView[] {
  const policy = withKnownHosts(written, find);
  const { direction } = policy;
  const [senders, receivers] = [policy.senders.flatMap(resolve), policy.receivers.flatMap(resolve)];
  const pairs = senders.flatMap((sender) => receivers.map((receiver) => ({ sender, receiver })));
  const forward = pairs.flatMap((pair) =>
    policy.filters.map((filters) => forwardView(pair, filters, policy.exclude)),
  );
  const possible = forward.length === 1 ? forward : forward.filter(isPossible);
  if (direction === "forward") return possible;
  const exclude = policy.exclude.map((terms) => terms.map(reverseTerm));
  const reverse = possible.map((view) => reverseView(view, exclude));
  return direction === "reverse" ? reverse : [...possible, ...reverse];
}

/** A policy with the addresses of the hosts in its filters; what needs an unknown one matches nothing. */
function withKnownHosts(policy: Policy, find: FindHosts): Policy {
  const isFree = ({ hosts }: FilterTerm) => hosts === undefined;
  if ([...policy.filters, ...policy.exclude].every((terms) => terms.every(isFree))) return policy;
  const resolved = (all: Policy["filters"]) =>
    all
      .map((terms) => terms.map((term) => withHostAddresses(term, find)))
      .filter((terms) => terms.every(({ alternatives }) => alternatives.length > 0));
  return { ...policy, filters: resolved(policy.filters), exclude: resolved(policy.exclude) };
}

function forwardView(
  { sender, receiver }: { readonly sender: Party; readonly receiver: Party },
  filters: readonly FilterTerm[],
  exclude: Policy["exclude"],
): DirectedView {
  const roles = { from: "sender", to: "receiver" } as const;
  return { from: sender, to: receiver, roles, filters, exclude };
}

function isPossible({ from, to, filters }: DirectedView): boolean {
  return canMatch([...addressTerms(from, "Src"), ...addressTerms(to, "Dst"), ...filters]);
}

function reverseView(
  { from, to, filters }: DirectedView,
  exclude: DirectedView["exclude"],
): DirectedView {
  return {
    from: to,
    to: from,
    roles: { from: "receiver", to: "sender" },
    filters: filters.map(reverseTerm),
    exclude,
  };
}

function reverseTerm({ field, alternatives }: FilterTerm): FilterTerm {
  return { field: reverseField(field), alternatives };
}
