// SPDX-License-Identifier: Apache-2.0
import type { PolicyEffect } from "../../../contract/policy-sets.ts";

/** Best first. */
const ORDER = ["active", "degraded", "pending", "error"];

/** Whether another policy is worse off: its state is worse, or one of its monitors gets no copies any more. */
export function isHarm({ changes }: PolicyEffect): boolean {
  return changes.some(({ what, before, after }) => {
    if (what === "copies") return before.some((monitor) => !after.includes(monitor));
    return what === "state" && rank(after) > rank(before);
  });
}

/** A state and its reasons are texts, the state first. */
function rank(texts: readonly string[]): number {
  const [state = ""] = texts;
  return ORDER.findIndex((each) => state.startsWith(each));
}
