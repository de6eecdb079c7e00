// SPDX-License-Identifier: Apache-2.0
import type { ArrivedCopy, Explanation } from "../../../contract/explain.ts";
import {
  type OwedCopy,
  type Policy,
  type PolicyId,
  type PolicyMatch,
  type PolicyPlan,
  portOf,
} from "../../../policy/index.ts";
import type { Delivery, FrameAt, Outcome } from "../../../simulation/index.ts";
import type { Topology } from "../../../topology/index.ts";
import type { ExplainDeps } from "./explain-deps.ts";
import { hex, portView } from "./hops.ts";

/** A policy, and how it matches the frame. */
export interface EvaluatedPolicy {
  readonly policy: Policy;
  readonly match: PolicyMatch;
}

/** A copy that arrived, and the monitor it is for; no key: no policy owes it. */
export interface AssignedCopy {
  readonly copy: Delivery;
  readonly key: string | undefined;
  readonly isAsRequested: boolean;
}

interface AssignOptions {
  readonly topology: Topology;
  /** Whether a policy's status reports that a monitor may receive more of a frame than requested. */
  readonly mayBeMore: (key: string) => boolean;
}

/** Finds the monitor that each copy is owed to; each monitor is owed one copy. */
export function assignCopies(
  { delivered }: Outcome,
  at: FrameAt,
  owed: ReadonlyMap<string, OwedCopy>,
  { topology, mayBeMore }: AssignOptions,
): AssignedCopy[] {
  const open = new Map(owed);
  return delivered.flatMap((copy): AssignedCopy[] => {
    if (copy.role !== "copy") return [];
    const found = [...open].find(([key, { monitor }]) => {
      const { tunnel } = monitor.party;
      return tunnel === undefined
        ? key === `${copy.dpid}/${copy.port}`
        : portOf(topology, copy.dpid, tunnel.port) === copy.port;
    });
    if (found === undefined) return [{ copy, key: undefined, isAsRequested: false }];
    const [key, { treatment }] = found;
    open.delete(key);
    const requested = hex(at.bytes.subarray(0, treatment.truncate ?? at.bytes.length));
    const got = hex(copy.bytes);
    const isMore = got.startsWith(requested) && hex(at.bytes).startsWith(got) && mayBeMore(key);
    return [{ copy, key, isAsRequested: got === requested || isMore }];
  });
}

/** The copies that arrived, with the policies that request them. */
export function copiesOf(
  { visits }: Outcome,
  assigned: readonly AssignedCopy[],
  matching: readonly EvaluatedPolicy[],
  topology: Topology,
): ArrivedCopy[] {
  const requesting = requestingPolicies(matching);
  return assigned.map(({ copy, key, isAsRequested }) => {
    const way: number[] = [];
    for (let hop: number | undefined = copy.from; hop !== undefined; hop = visits[hop]?.from) {
      way.unshift(hop);
    }
    return {
      ...portView(topology, copy),
      policies: requesting.get(key) ?? [],
      frame: hex(copy.bytes),
      bitExact: isAsRequested,
      mayDrop: copy.mayDrop,
      way,
    };
  });
}

/** The policies that owe a copy to each monitor; `undefined` is every monitor without a place. */
function requestingPolicies(
  matching: readonly EvaluatedPolicy[],
): ReadonlyMap<string | undefined, readonly PolicyId[]> {
  const requesting = new Map<string | undefined, PolicyId[]>();
  for (const { policy, match } of matching) {
    const owed = match.monitors.filter((each) => each.owed);
    // Two monitors of a policy may have the same key.
    for (const key of new Set(owed.map((each) => each.key))) {
      const ids = requesting.get(key) ?? [];
      requesting.set(key, ids);
      ids.push(policy.id);
    }
  }
  return requesting;
}

/** Compares what the tables do with what the policies mean. */
export function agreement(
  assigned: readonly AssignedCopy[],
  copies: readonly ArrivedCopy[],
  matching: readonly EvaluatedPolicy[],
  deps: ExplainDeps,
): Explanation["agreement"] {
  const problems: string[] = [];
  const arrived = new Set(assigned.flatMap(({ key }) => key ?? []));
  copies.forEach(({ switch: name, port }, index) => {
    const place = `${name} port ${port}`;
    if (assigned[index]?.key === undefined) problems.push(`an extra copy arrives at ${place}`);
    else if (!assigned[index]?.isAsRequested) problems.push(`the copy at ${place} is altered`);
  });
  for (const { policy, match } of matching) {
    for (const { monitor, key, owed: isOwed } of match.monitors) {
      if (!isOwed || key === undefined || arrived.has(key)) continue;
      // What cannot be put into effect is part of the policy's status, not a disagreement.
      if (problemOf(deps.plan(policy), monitor) !== undefined) continue;
      problems.push(`policy ${policy.id} owes monitor ${monitor} a copy that does not arrive`);
    }
  }
  return { ok: problems.length === 0, problems };
}

/** Whether a policy's plan reports a problem with the copies for one of its monitors. */
export function hasProblem(
  { policy, match }: EvaluatedPolicy,
  key: string,
  deps: ExplainDeps,
): boolean {
  return match.monitors.some(
    (each) =>
      each.owed && each.key === key && problemOf(deps.plan(policy), each.monitor) !== undefined,
  );
}

/** Why a policy's plan makes no or not all copies for a monitor. */
export function problemOf(plan: PolicyPlan | undefined, name: string): string | undefined {
  const problem = plan?.problems.find(({ monitor }) => monitor === undefined || monitor === name);
  return (problem ?? plan?.unseen.find(({ monitor }) => monitor === name))?.what;
}
