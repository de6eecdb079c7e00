// SPDX-License-Identifier: Apache-2.0
import type { PolicyHealth, PolicyStatus } from "../../contract/policies.ts";
import { defined } from "../../lang/defined.ts";
import { sameItems } from "../../lang/same-items.ts";
import type { WayHealth } from "./way-health.ts";

/** What the health of a policy depends on. */
export interface HealthInputs {
  readonly status: PolicyStatus;
  /** The ways of its copies across links. */
  readonly ways: readonly WayHealth[];
  /** Why other ways cannot be probed, sentences. */
  readonly unprobed: readonly string[];
  /** Copies that were counted as lost lately. */
  readonly lostCopies: number;
}

const NOT_IN_EFFECT = "it is not in effect";

/**
 * The health of a policy. The rule that makes the copies is judged by its status, which audits keep true, and by
 * the counters; the way of the copies from there on by probes.
 *
 * The worst finding decides: `failing`, then `degraded`, then `unknown`.
 */
export function policyHealth({ status, ways, unprobed, lostCopies }: HealthInputs): PolicyHealth {
  const failing = ways.filter(({ state }) => state === "failing");
  const unknown = ways.filter(({ state }) => state === "unknown");
  const figures = figuresOf(ways);
  const found = (state: PolicyHealth["state"], because: readonly string[]): PolicyHealth => {
    return { state, ...figures, because: [...new Set(because)] };
  };
  const reasons = status.reasons;
  const lossTexts = lostCopies > 0 ? [`${lostCopies} copies were counted as lost lately`] : [];
  if (status.state === "disabled") return found("unknown", [NOT_IN_EFFECT]);
  if (status.state === "expired" || status.state === "suspended")
    return found("unknown", [NOT_IN_EFFECT, ...reasons]);
  const lostWhere = failing.map(({ because }) => because);
  if (failing.length > 0) return found("failing", [...lostWhere, ...reasons, ...lossTexts]);
  if (status.state === "error") return found("failing", [...reasons, ...lossTexts]);
  if (status.state === "degraded" || lostCopies > 0)
    return found("degraded", [...reasons, ...lossTexts]);
  if (status.state === "pending") return found("unknown", [NOT_IN_EFFECT, ...reasons]);
  const open = [...unknown.map(({ because }) => because), ...unprobed];
  return open.length > 0 ? found("unknown", open) : found("healthy", []);
}

/** Of the way that is worst off. */
function figuresOf(ways: readonly WayHealth[]) {
  let lastProbe: string | undefined;
  let rttMs: number | undefined;
  let lost = 0;
  for (const way of ways) {
    if (way.lastProbe !== undefined && way.lastProbe > (lastProbe ?? "")) lastProbe = way.lastProbe;
    if (way.rttMs !== undefined) rttMs = Math.max(rttMs ?? 0, roundedMs(way.rttMs));
    lost = Math.max(lost, way.lost);
  }
  return { ...defined({ lastProbe, rttMs }), lost };
}

/** Microseconds are noise. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Whether two healths differ in more than their figures. */
export function sameHealth(a: PolicyHealth | undefined, b: PolicyHealth): boolean {
  return a !== undefined && a.state === b.state && sameItems(a.because, b.because);
}
