// SPDX-License-Identifier: Apache-2.0
import type { Counters } from "../../counters/index.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { NetworkUpdate } from "../network/network-updates.ts";
import {
  idOf,
  type KnownPolicy,
  type PolicyEntry,
  type PolicyRegistry,
} from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";
import { writtenPolicyView } from "../views/policy-view.ts";
import type { Compilation, DesiredDelta } from "./compilation.ts";
import { RerouteEvents } from "./reroute-events.ts";

/** Dependencies of `DesiredState`. */
interface DesiredStateDeps {
  readonly registry: PolicyRegistry;
  readonly suspension: TapSuspension;
  readonly compilation: Compilation;
  readonly reconciler: Reconciler;
  readonly statusTracker: PolicyStatusTracker;
  readonly counters: Counters;
  readonly events: EventBus;
  readonly logger: Logger;
}

/**
 * Turns a change of an input (policies, suspensions, the network) into a change of the desired state:
 * compiles what depends on the input and hands the difference to the reconciler and to the parts that
 * follow plans.
 */
export class DesiredState {
  readonly #deps: DesiredStateDeps;
  readonly #reroutes: RerouteEvents;
  /** Policies whose plans the network has changed and whose followers are not notified yet. */
  readonly #unreported = new Set<PolicyId>();
  #isReporting = false;
  #changes = 0;

  constructor(deps: DesiredStateDeps) {
    this.#deps = deps;
    const { events, logger, reconciler } = deps;
    const confirmed = () => reconciler.confirmed();
    this.#reroutes = new RerouteEvents({ events, logger, clock: systemClock, confirmed });
  }

  /** Number of changes of the desired state so far. */
  get changes(): number {
    return this.#changes;
  }

  /** Compiles for another network. */
  networkChanged({ topology, events }: NetworkUpdate): void {
    this.#reroutes.follow(events, () => {
      const delta = this.#deps.compilation.setTopology(topology);
      this.#reroute(delta);
      return delta;
    });
  }

  /** Compiles policies of the registry as they are to be in effect. */
  compilePolicies(ids: Iterable<PolicyId>): void {
    const { registry, suspension, compilation } = this.#deps;
    const upsert: Policy[] = [];
    for (const id of ids) {
      const entry = registry.get(id);
      if (entry) upsert.push(suspension.effective(entry));
    }
    this.#apply(compilation.edit({ upsert }));
  }

  /** Puts a policy into effect that is on disk. */
  policyWritten(entry: PolicyEntry, before: KnownPolicy | undefined): void {
    const { registry, suspension, events, logger } = this.#deps;
    const { policy, revision, origin } = entry;
    registry.set(entry);
    const written = { id: policy.id, revision, origin, new: writtenPolicyView(entry) };
    events.publish(
      before
        ? { type: "policyReplaced", ...written, old: writtenPolicyView(before) }
        : { type: "policyCreated", ...written },
    );
    logger.info({ policy: policy.id, revision }, before ? "policy replaced" : "policy created");
    // The drop guard suspended the previous version of the policy.
    suspension.writes.forgetPolicy(policy.id);
    this.compilePolicies([policy.id]);
  }

  /** Takes a policy out of effect that is no longer on disk. */
  policyDeleted(old: KnownPolicy): void {
    const { registry, suspension, events, logger, compilation, statusTracker, counters } =
      this.#deps;
    const id = idOf(old);
    registry.delete(id);
    suspension.writes.forgetPolicy(id);
    events.publish({ type: "policyDeleted", id, old: writtenPolicyView(old) });
    logger.info({ policy: id }, "policy deleted");
    this.#apply(compilation.edit({ remove: [id] }));
    statusTracker.plansChanged([id]);
    counters.plansChanged([id]);
  }

  #apply({ switches, changed }: DesiredDelta): void {
    this.#changes++;
    const { counters, reconciler, statusTracker, suspension } = this.#deps;
    for (const id of changed) this.#unreported.delete(id);
    counters.plansChanged(changed);
    for (const [dpid, edit] of switches) reconciler.edit(dpid, edit);
    statusTracker.plansChanged(changed);
    suspension.planned(changed);
  }

  /**
   * As `#apply`, for a change of the network: frames may be lost until switches are programmed, and it
   * may change the plans of very many policies. So switches come first; the followers of plans are
   * notified afterwards, yielding to the event loop in between.
   */
  #reroute({ switches, changed }: DesiredDelta): void {
    this.#changes++;
    for (const [dpid, edit] of switches) this.#deps.reconciler.edit(dpid, edit);
    for (const id of changed) this.#unreported.add(id);
    if (this.#unreported.size > 0 && !this.#isReporting) void this.#reportPlans();
  }

  async #reportPlans(): Promise<void> {
    const { counters, statusTracker, suspension } = this.#deps;
    this.#isReporting = true;
    const yields = new YieldTimer();
    await yields.yieldNow();
    for (const id of this.#unreported) {
      this.#unreported.delete(id);
      counters.plansChanged([id]);
      statusTracker.plansChanged([id]);
      suspension.planned([id]);
      if (yields.shouldYield) await yields.yieldNow();
    }
    this.#isReporting = false;
  }
}
