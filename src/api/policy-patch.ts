// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../contract/audit/actor.ts";
import type { PolicyService, PolicyWriteOutcome } from "../contract/policies.ts";
import type { Precondition } from "../contract/rejection.ts";
import type { JsonObject } from "../contract/scalars.ts";
import { applyMergePatch } from "../policy/index.ts";
import { holds } from "./http/preconditions.ts";
import { withId, withoutReadOnly } from "./policy-input.ts";

/**
 * Applies a merge patch to a policy. Reads, merges, and writes on the condition that the policy is still
 * the one that was read, else starts again: a patch never undoes a write of another client.
 */
export async function patchPolicy(
  port: Pick<PolicyService, "getPolicy" | "putPolicy">,
  id: string,
  patch: JsonObject,
  { precondition, cause }: { readonly precondition: Precondition; readonly cause: Cause },
): Promise<PolicyWriteOutcome> {
  for (;;) {
    const current = port.getPolicy(id);
    if (!current) return { type: "notFound" };
    const { revision } = current;
    if (!holds(precondition, revision)) return { type: "preconditionFailed", current: revision };
    // The patched document is an object because the patch is one.
    const merged = applyMergePatch(withoutReadOnly(current), patch) as JsonObject;
    const outcome = await port.putPolicy(withId(merged, id), { revisions: [revision] }, cause);
    if (outcome.type !== "preconditionFailed" || precondition.revisions) return outcome;
  }
}
