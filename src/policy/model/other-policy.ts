// SPDX-License-Identifier: Apache-2.0
import type { Policy } from "./policy.ts";

/**
 * Another policy, in a text about the policy `of`. The text is read by the project of that policy, which learns
 * nothing of the policies of others.
 */
export function otherPolicy(
  { id, project }: Pick<Policy, "id" | "project">,
  of: Pick<Policy, "project">,
): string {
  return of.project === undefined || of.project === project ? `policy ${id}` : "another policy";
}
