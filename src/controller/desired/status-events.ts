import type { PolicyStatus } from "../../contract/policies.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventBus } from "../events.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import type { TapSuspension } from "../suspension/index.ts";

/** Whom the status of policies concerns. */
export interface StatusEventsDeps {
  readonly book: PolicyRegistry;
  readonly events: EventBus;
  readonly logger: Logger;
  board(): PolicyStatusTracker;
  taps(): TapSuspension;
}

/** Tells of the status of policies: events, log lines, and that a start is over. */
export class StatusEvents {
  readonly #parts: StatusEventsDeps;
  #allActive = false;

  constructor(parts: StatusEventsDeps) {
    this.#parts = parts;
  }

  /** The status of a policy is not what it was; `old` is absent for a new policy. */
  changed(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void {
    const { events, logger, taps } = this.#parts;
    if (now.state === "active" || now.state === "degraded") taps().active(id);
    events.publish({ type: "policyStatus", id, ...(old ? { old } : {}), new: now });
    const fields = { policy: id, state: now.state, reasons: now.reasons };
    if (now.state === "error") logger.error(fields, "a switch refused part of the policy");
    else logger.debug(fields, `policy ${now.state}`);
  }

  /** Once: the start is over when everything is in place; edits tell of themselves. */
  flushed(): void {
    if (this.#allActive) return;
    const { book, logger, board } = this.#parts;
    const { active, disabled } = board().counts;
    if (active === 0 || active + disabled !== book.size) return;
    this.#allActive = true;
    logger.info({ policies: active }, "every policy is active");
  }
}
