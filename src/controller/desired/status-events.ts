// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../contract/policies.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";

/** Dependencies of `StatusEvents`. */
interface StatusEventsDeps {
  readonly registry: PolicyRegistry;
  readonly statusTracker: PolicyStatusTracker;
  readonly suspension: TapSuspension;
  readonly events: EventBus;
  readonly logger: Logger;
}

/** Publishes changes of policy statuses as events and log lines, and logs the end of a start. */
export class StatusEvents {
  readonly #deps: StatusEventsDeps;
  #allActive = false;

  constructor(deps: StatusEventsDeps) {
    this.#deps = deps;
    deps.statusTracker.subscribe({
      changed: (...change) => this.#changed(...change),
      flushed: () => this.#flushed(),
    });
  }

  #changed(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void {
    const { events, logger, suspension } = this.#deps;
    if (now.state === "active" || now.state === "degraded") suspension.active(id);
    events.publish({ type: "policyStatus", id, ...(old ? { old } : {}), new: now });
    const fields = { policy: id, state: now.state, reasons: now.reasons };
    if (now.state === "error") logger.error(fields, "a switch refused part of the policy");
    else logger.debug(fields, `policy ${now.state}`);
  }

  /** Logs once, when every policy is in place; edits after the start publish their own events. */
  #flushed(): void {
    if (this.#allActive) return;
    const { registry, logger, statusTracker } = this.#deps;
    const { active, disabled, expired } = statusTracker.counts;
    if (active === 0 || active + disabled + expired !== registry.size) return;
    this.#allActive = true;
    logger.info({ policies: active }, "every policy is active");
  }
}
