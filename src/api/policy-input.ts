// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { policyReadOnlyMembers } from "../contract/policies.ts";
import type { JsonObject } from "../contract/scalars.ts";
import { policySchema } from "../policy/index.ts";
import { withIdOf, withoutMembers } from "./written-document.ts";

const { origin, revision, createdAt, updatedAt, requester, status, counters } =
  policyReadOnlyMembers;

/** A policy as clients send it. Serves the description: the policy layer checks the document itself. */
export const PolicyInput = policySchema
  .extend({
    origin: origin.optional(),
    revision: revision.optional(),
    createdAt: createdAt.optional(),
    updatedAt: updatedAt.optional(),
    requester: requester.optional(),
    status: status.optional(),
    counters: counters.optional(),
  })
  .meta({
    id: "PolicyDocument",
    description:
      "origin, revision, createdAt, updatedAt, requester, status and counters are set by vtap and ignored here, so the answer of a GET can be sent back. Any other unknown member is an error.",
  });

/** A merge patch of a policy. */
export const PolicyPatch = z.record(z.string(), z.unknown()).meta({
  id: "PolicyPatch",
  description:
    "A merge patch (RFC 7396) of a PolicyDocument: members replace those of the policy, null removes a member, objects are merged, and lists are replaced as a whole.",
  examples: [{ enabled: false, filters: { tcp_dst: [80, 443], vlan_vid: null } }],
});

/** The document without the members that vtap adds to it. */
export function withoutReadOnly(document: JsonObject): JsonObject {
  return withoutMembers(document, policyReadOnlyMembers);
}

/**
 * The document with the id of its URL.
 *
 * @throws ProblemException 422 if it has another one.
 */
export function withId(document: JsonObject, id: string): JsonObject {
  return withIdOf("policy", document, id);
}
