// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { KnownPolicy, PolicyJson } from "../policies/policy-registry.ts";

/** The members of a document that differ from those of the policy that it replaces. */
export function differenceTo({ revision, document: before }: KnownPolicy, after: PolicyJson) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const members = names
    .filter((member) => member !== "id" && !isDeepStrictEqual(before[member], after[member]))
    .map((member) => ({
      member,
      ...(Object.hasOwn(before, member) ? { before: before[member] } : {}),
      ...(Object.hasOwn(after, member) ? { after: after[member] } : {}),
    }));
  return { revision, members };
}
