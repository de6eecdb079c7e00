import { z } from "zod";

/** The states of a policy, as DESIGN names them. */
export const POLICY_STATES = ["disabled", "pending", "active", "degraded", "error"] as const;

/** A policy's state in one word; the reasons are beside it. */
export const PolicyState = z.enum(POLICY_STATES).meta({
  id: "PolicyState",
  description:
    "disabled: not enabled. pending: waits for something, see reasons. active: every switch concerned has confirmed every rule. degraded: part of it is active. error: a switch refused it.",
});
export type PolicyState = z.infer<typeof PolicyState>;

/** What a policy does now, and why not more. */
export const PolicyStatus = z
  .object({
    state: PolicyState,
    reasons: z.array(z.string()).readonly().meta({ description: "Sentences; empty when active." }),
  })
  .meta({ id: "PolicyStatus" });
export type PolicyStatus = z.infer<typeof PolicyStatus>;

/** Who owns a policy. One that a file holds is read-only over REST. */
export const PolicyOrigin = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("api") }),
    z.object({ kind: z.literal("file"), file: z.string() }),
  ])
  .meta({ id: "PolicyOrigin" });
export type PolicyOrigin = z.infer<typeof PolicyOrigin>;

/** The members that the controller adds to a policy document; ignored when a client sends them. */
export const policyReadOnlyMembers = {
  origin: PolicyOrigin,
  revision: z.int().min(0).meta({
    description:
      "Grows with every write; the ETag. Never used twice, also not after a deletion. 0 for a policy from a file.",
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  status: PolicyStatus,
};

/** A policy document: the JSON as the user wrote it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

/** A policy as REST returns it: the user's members first and as written, then the controller's. */
export const PolicyView = z
  .looseObject({ id: z.string(), ...policyReadOnlyMembers })
  .meta({ id: "Policy" });
export type PolicyView = z.infer<typeof PolicyView>;
