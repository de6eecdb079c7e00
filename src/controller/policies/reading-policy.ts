// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import { type Groups, type ParsedPolicy, policySteps } from "../../policy/index.ts";
import type { Checked } from "../../topology/index.ts";

/** What a policy that a client writes must keep to. */
export interface PolicyRequirements {
  /** Maximum number of match regions that the filters of a policy expand to; undefined: the default. */
  readonly ruleLimit: number | undefined;
  /** Whether it states its reason. */
  readonly requireReason: boolean;
}

/** Reads a policy that a client writes; `path`: where it is in the request. */
export function* readingPolicy(
  document: unknown,
  path: (string | number)[],
  groups: Groups,
  { ruleLimit, requireReason }: PolicyRequirements,
): Steps<Checked<ParsedPolicy>> {
  const parsed = yield* policySteps(document, path, ruleLimit, groups);
  if (!parsed.ok || !requireReason || parsed.value.document.reason !== undefined) return parsed;
  const what = '"reason" is missing';
  const remedy = "state why the policy is needed: this server requires it (requireReason)";
  return { ok: false, problems: [{ path: [...path, "reason"], what, remedy }] };
}
