// SPDX-License-Identifier: Apache-2.0
import type { ExplainedPolicy } from "../../../contract/explain.ts";
import { type EvaluatedPolicy, problemOf } from "./arrived-copies.ts";
import type { ExplainDeps } from "./explain-deps.ts";

/** Maximum number of listed policies that do not match: those that come nearest. */
const MAX_NEAR_MISSES = 20;

/** The policies that match, then those that come nearest; or the requested ones. */
export function listPolicies(
  all: readonly EvaluatedPolicy[],
  listed: readonly string[] | undefined,
): EvaluatedPolicy[] {
  if (listed !== undefined) return all.filter(({ policy }) => listed.includes(policy.id));
  const matching = all.filter(({ match }) => match.matches);
  const byProgress = new Map<number, EvaluatedPolicy[]>();
  for (const each of all) {
    const { matches, progress } = each.match;
    if (matches) continue;
    const alike = byProgress.get(progress) ?? [];
    byProgress.set(progress, alike);
    if (alike.length < MAX_NEAR_MISSES) alike.push(each);
  }
  const nearest = [...byProgress].sort(([a], [b]) => b - a).flatMap(([, alike]) => alike);
  return [...matching, ...nearest.slice(0, MAX_NEAR_MISSES)];
}

/** What happens to the frame and its copies. */
interface FrameFate {
  /** The monitors that a copy arrives at. */
  readonly served: ReadonlySet<string>;
  /** The entries of other applications that take the frame or copies of it, as sentences. */
  readonly taken: readonly string[];
}

/** What a policy does with the frame. */
export function explainedPolicy(
  { policy, match }: EvaluatedPolicy,
  { served, taken }: FrameFate,
  deps: ExplainDeps,
): ExplainedPolicy {
  const { id, matches } = match;
  const status = deps.status(policy);
  // A suspended policy is compiled as a disabled one; only its status differs.
  const reason = policy.enabled ? match.reason : (status.reasons[0] ?? match.reason);
  const monitors = match.monitors.map(({ monitor, key, owed, reason: why }) => {
    const copied = owed && key !== undefined && served.has(key);
    if (copied) return { monitor, copied };
    const because = why ?? problemOf(deps.plan(policy), monitor) ?? (owed ? taken[0] : undefined);
    if (because === undefined && owed) return { monitor, copied };
    return { monitor, copied, reason: because ?? "the policy owes it no copy" };
  });
  return { id, state: status.state, matches, ...(reason ? { reason } : {}), monitors };
}
