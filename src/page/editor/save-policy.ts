// SPDX-License-Identifier: Apache-2.0
import type { PolicyView } from "../../contract/policies.ts";
import { get } from "../data/rest.ts";
import { policyPath } from "../policies/actions.ts";

/** How far a write has come. */
export type SaveStep = "saving" | "on disk" | "done";

/** How long the editor waits for switches; after that the table shows how it goes on. */
const WAIT_MS = 8000;
const EVERY_MS = 250;

/** The policy once its switches have confirmed it, or as it is when the time is over. */
export async function whenSettled(written: PolicyView): Promise<PolicyView> {
  const until = Date.now() + WAIT_MS;
  for (let policy = written; ; ) {
    // Another write in between settles on its own.
    const isSettled = policy.status.state !== "pending" || policy.revision !== written.revision;
    if (isSettled || Date.now() > until) return policy;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    policy = await get<PolicyView>(policyPath(written.id)).catch(() => policy);
  }
}
