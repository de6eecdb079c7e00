// SPDX-License-Identifier: Apache-2.0
import type { ControllerEvent } from "../../contract/events.ts";
import type { PolicyHealth, PolicyStatus, ProbeReport } from "../../contract/policies.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import type { CopyWay, PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import type { PuntedFrame } from "../discovery/packet-ins.ts";
import type { PathProber } from "./path-prober.ts";
import { policyHealth, roundedMs, sameHealth } from "./policy-health.ts";
import { UsedWays } from "./used-ways.ts";
import type { WayHealth } from "./way-health.ts";

/** Dependencies of `PolicyHealthTracker`. */
interface PolicyHealthTrackerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publish: (event: ControllerEvent) => void;
  /** Undefined: the ways of copies are not probed. */
  readonly prober: PathProber | undefined;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  readonly status: (id: PolicyId) => PolicyStatus;
  /** Number of a policy's copies that were ever counted as lost. */
  readonly lostCopies: (id: PolicyId) => number;
  readonly switchName: (dpid: Dpid) => string;
  /** Interval at which the counters are compared, in milliseconds. */
  readonly intervalMs: number;
}

/** Changes are collected for so long, in milliseconds: one link concerns very many policies. */
const REPORT_AFTER_MS = 20;

const OFF = "the ways of copies are not probed (pathProbeSeconds)";

/**
 * The health of every policy: what probes of the ways show, the statuses and the counters, together. A change
 * concerns the policies that share a way; their healths are computed and published in slices.
 */
export class PolicyHealthTracker {
  readonly #deps: PolicyHealthTrackerDeps;
  readonly #used = new UsedWays();
  /** As last published. */
  readonly #published = new Map<PolicyId, PolicyHealth>();
  readonly #dirty = new Set<PolicyId>();
  readonly #queue = new StepQueue();
  /** By policy: the copies counted as lost until the last comparison, and those between the last two. */
  readonly #losses = new Map<PolicyId, { readonly total: number; readonly lately: number }>();
  #cancelReport: CancelTimer | undefined;
  #cancelComparison: CancelTimer = () => undefined;

  constructor(deps: PolicyHealthTrackerDeps) {
    this.#deps = deps;
  }

  /** Compares counters at intervals from now on. */
  start(): void {
    const { prober, clock, intervalMs } = this.#deps;
    if (prober === undefined) return;
    this.#cancelComparison = clock.after(intervalMs, () => {
      this.#queue.add("background", () => this.#compareLosses());
      this.start();
    });
  }

  stop(): void {
    this.#cancelComparison();
    this.#cancelReport?.();
    this.#queue.close();
    this.#deps.prober?.stop();
  }

  /** The plans of these policies changed; also called for new and deleted policies. */
  plansChanged(ids: Iterable<PolicyId>): void {
    const { prober, plan } = this.#deps;
    if (prober === undefined) return;
    for (const id of ids) {
      const { added, removed } = this.#used.set(id, this.#waysOf(id));
      for (const way of removed) prober.remove(way);
      for (const way of added) prober.add(way);
      if (plan(id) !== undefined) this.#mark(id);
      else this.#forget(id);
    }
  }

  /** The status of a policy changed. */
  statusChanged(id: PolicyId): void {
    if (this.#deps.prober !== undefined) this.#mark(id);
  }

  /** The health of a way changed. */
  wayChanged(way: string, { state, because }: WayHealth): void {
    const { logger } = this.#deps;
    const policies = this.#used.policiesOf(way);
    const fields = { policies: policies.size, ...(because === "" ? {} : { because }) };
    if (state === "failing") logger.warn(fields, "copies do not arrive at a monitor's switch");
    else logger.debug(fields, `a way of copies is ${state}`);
    for (const id of policies) this.#mark(id);
  }

  /** A switch has caught a frame as a probe. */
  received(frame: PuntedFrame): void {
    this.#deps.prober?.received(frame);
  }

  get probeCounts() {
    return this.#deps.prober?.counts ?? { sent: 0, lost: 0, rejected: 0 };
  }

  /** Number of policies whose health is known, by state. */
  get counts(): Readonly<Record<PolicyHealth["state"], number>> {
    const counts = { healthy: 0, degraded: 0, failing: 0, unknown: 0 };
    for (const { state } of this.#published.values()) counts[state]++;
    return counts;
  }

  /** `status`: the present one of the policy. */
  health(id: PolicyId, status: PolicyStatus = this.#deps.status(id)): PolicyHealth {
    const { prober, plan } = this.#deps;
    const copies = plan(id)?.copies ?? [];
    return policyHealth({
      status,
      ways: prober ? this.#waysOf(id).map((way) => prober.health(way.id)) : [],
      unprobed: prober ? copies.flatMap(({ unprobed }) => unprobed) : [OFF],
      lostCopies: this.#losses.get(id)?.lately ?? 0,
    });
  }

  /** Probes the ways of a policy; resolves when the results are known, or when the signal aborts. */
  async probe(id: PolicyId, signal: AbortSignal): Promise<ProbeReport> {
    const { prober } = this.#deps;
    if (prober !== undefined && !signal.aborted) {
      const ways = new Set(this.#waysOf(id));
      const probed = Promise.all([...ways].map((way) => prober.probe(way.id)));
      await Promise.race([probed, aborted(signal)]);
    }
    return this.#report(id);
  }

  /** The ways of a policy's copies; several copies may share one. */
  #waysOf(id: PolicyId): readonly CopyWay[] {
    return this.#deps.plan(id)?.copies.flatMap(({ ways }) => ways) ?? [];
  }

  #report(id: PolicyId): ProbeReport {
    const { prober, plan, switchName } = this.#deps;
    const ways = (plan(id)?.copies ?? []).flatMap(({ monitor, ways }) =>
      ways.flatMap((way) => {
        const health = prober?.health(way.id);
        if (health === undefined) return [];
        const { state, lost, lastProbe, rttMs, because } = health;
        const { marking, from, hops } = way;
        const ends = { from: switchName(from), to: switchName(hops.at(-1)?.dpid ?? from), marking };
        const figures = defined({ lastProbe, rttMs: rttMs && roundedMs(rttMs) });
        return {
          monitor,
          ...ends,
          state,
          ...figures,
          lost,
          ...(because === "" ? {} : { because }),
        };
      }),
    );
    return { id, health: this.health(id), ways };
  }

  #mark(id: PolicyId): void {
    this.#dirty.add(id);
    this.#cancelReport ??= this.#deps.clock.after(REPORT_AFTER_MS, () => {
      this.#cancelReport = undefined;
      this.#queue.add("ordinary", () => this.#publishChanges());
    });
  }

  #forget(id: PolicyId): void {
    this.#published.delete(id);
    this.#losses.delete(id);
    this.#dirty.delete(id);
  }

  *#publishChanges(): Steps<void> {
    for (const id of this.#dirty) {
      this.#dirty.delete(id);
      this.#publishChange(id);
      yield;
    }
  }

  #publishChange(id: PolicyId): void {
    const { plan, publish } = this.#deps;
    if (plan(id) === undefined) return;
    const now = this.health(id);
    const old = this.#published.get(id);
    // What is not known yet is no news.
    if (sameHealth(old, now) || (old === undefined && now.state === "unknown")) return;
    this.#published.set(id, now);
    publish({ type: "policyHealth", id, ...(old ? { old } : {}), new: now });
  }

  *#compareLosses(): Steps<void> {
    for (const id of [...this.#used.policies()]) {
      const before = this.#losses.get(id);
      const total = this.#deps.lostCopies(id);
      // What was lost before the first comparison is not recent.
      const lately = before === undefined ? 0 : Math.max(0, total - before.total);
      this.#losses.set(id, { total, lately });
      if (lately !== (before?.lately ?? 0)) this.#mark(id);
      yield;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
