// SPDX-License-Identifier: Apache-2.0
import type { ExplainedPolicy } from "../../../contract/explain.ts";
import { type EvaluatedPolicy, problemOf } from "./arrived-copies.ts";
import type { ExplainDeps } from "./explain-deps.ts";

/** Maximum number of listed policies that do not match: those that come nearest. */
const MAX_NEAR_MISSES = 20;

/** Selects the policies that an explanation lists, of very many that are examined one by one. */
export class ListedPolicies {
  readonly #ids: ReadonlySet<string> | undefined;
  readonly #listed: EvaluatedPolicy[] = [];
  /** Those that do not match, by how far the frame comes in their conditions. */
  readonly #byProgress = new Map<number, EvaluatedPolicy[]>();
  #examined = 0;

  /** `ids`: the policies that are requested; absent: those that match, and the nearest misses. */
  constructor(ids: readonly string[] | undefined) {
    this.#ids = ids && new Set(ids);
  }

  add(each: EvaluatedPolicy): void {
    this.#examined++;
    const { matches, progress } = each.match;
    if (this.#ids === undefined ? matches : this.#ids.has(each.policy.id)) this.#listed.push(each);
    if (this.#ids !== undefined || matches) return;
    const alike = this.#byProgress.get(progress) ?? [];
    this.#byProgress.set(progress, alike);
    if (alike.length < MAX_NEAR_MISSES) alike.push(each);
  }

  /** The requested policies; or those that match, then those that come nearest. */
  get shown(): readonly EvaluatedPolicy[] {
    const nearest = [...this.#byProgress].sort(([a], [b]) => b - a).flatMap(([, alike]) => alike);
    return [...this.#listed, ...nearest.slice(0, MAX_NEAR_MISSES)];
  }

  /** How many policies were examined and are not shown. */
  get unlisted(): number {
    return this.#examined - this.shown.length;
  }
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
