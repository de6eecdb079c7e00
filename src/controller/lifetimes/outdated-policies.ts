// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import { QueueClosedError } from "../../runtime/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { PolicyEntry } from "../policies/policy-registry.ts";
import type { PolicyWrites } from "../policies/policy-writes.ts";

/** OpenVTAP itself deletes them. */
const RETENTION: Cause = {
  actor: { user: "openvtap", address: "" },
  operation: "expiry",
  reason: "the retention is over",
};

/** Dependencies of `OutdatedPolicies`. */
interface OutdatedPoliciesDeps {
  readonly policies: Pick<PolicyWrites, "delete">;
  readonly logger: Logger;
}

/** Deletes policies whose retention is over, one after the other: clients' writes come between. */
export class OutdatedPolicies {
  readonly #deps: OutdatedPoliciesDeps;
  readonly #waiting = new Map<string, PolicyEntry>();
  #isDeleting = false;

  constructor(deps: OutdatedPoliciesDeps) {
    this.#deps = deps;
  }

  /** Each is deleted only if it is not written meanwhile. One that cannot be deleted must be passed again. */
  delete(entries: readonly PolicyEntry[]): void {
    for (const entry of entries) this.#waiting.set(entry.policy.id, entry);
    if (!this.#isDeleting) void this.#deleteAll();
  }

  async #deleteAll(): Promise<void> {
    const { policies, logger } = this.#deps;
    this.#isDeleting = true;
    try {
      for (const [id, { policy, revision }] of this.#waiting) {
        const outcome = await policies.delete(policy.id, { revisions: [revision] }, RETENTION);
        this.#waiting.delete(id);
        if (outcome.type === "deleted") logger.info({ policy: id }, "the retention is over");
        else logger.debug({ policy: id, why: outcome.type }, "an expired policy is not deleted");
      }
    } catch (error) {
      // OpenVTAP stops: they are deleted after the next start.
      if (!(error instanceof QueueClosedError)) throw error;
    } finally {
      this.#isDeleting = false;
    }
  }
}
