import type { PolicyDocument } from "../contract/policies.ts";
import type { ControllerPort, PolicyWriteOutcome, Precondition } from "../contract/rejection.ts";
import { applyMergePatch } from "../policy/index.ts";
import { holds } from "./http/preconditions.ts";
import { withId, withoutReadOnly } from "./policy-input.ts";

/**
 * Applies a merge patch to a policy: reads, merges, and writes what it read or begins again, so that a
 * patch never undoes what another client wrote in between.
 */
export async function patchPolicy(
  port: ControllerPort,
  id: string,
  patch: PolicyDocument,
  precondition: Precondition,
): Promise<PolicyWriteOutcome> {
  for (;;) {
    const current = port.getPolicy(id);
    if (!current) return { type: "notFound" };
    const { revision } = current;
    if (!holds(precondition, revision)) return { type: "preconditionFailed", current: revision };
    // The patched document is an object because the patch is one.
    const merged = applyMergePatch(withoutReadOnly(current), patch) as PolicyDocument;
    const outcome = await port.putPolicy(withId(merged, id), { revisions: [revision] });
    if (outcome.type !== "preconditionFailed" || precondition.revisions) return outcome;
  }
}
