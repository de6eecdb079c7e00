import { z } from "zod";

/** The states of a policy, as DESIGN names them. */
export const POLICY_STATES = ["disabled", "pending", "active", "degraded", "error"] as const;

/** A policy's state in one word; the reasons are beside it. */
export const PolicyState = z.enum(POLICY_STATES).meta({
  id: "PolicyState",
  description:
    "disabled: not enabled. pending: waits for something, see reasons. active: every switch concerned has confirmed every rule. degraded: part of it is active. error: a switch refused it, or it was stored by a version that took it and this one does not: replace or delete it.",
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

const count = z.int().min(0);
const Amount = z.object({ packets: count, bytes: count });

const totals = {
  copied: Amount.meta({
    description:
      "Copies that rewriting rules made, one for each monitor of a frame. A rule that several policies share counts for each of them.",
  }),
  delivered: Amount.meta({
    description:
      "Copies that arrived: at the recovery rule of the monitor's switch, or, for a monitor on the rewriting rule's own switch, that it sent. Where copies of several policies arrive at one recovery rule, which counts them together, and some are lost, each policy is given its share by what was copied.",
  }),
  loss: z.object({ packets: count }).meta({
    description:
      "Copies that are known to be lost: they did not arrive by the time that they should have been counted. Never more than were lost; what is neither delivered nor lost is on its way, or was counted by a switch that has forgotten it.",
  }),
};

/** How many copies a policy made, and how many arrived. No figure ever falls. */
export const PolicyCounters = z
  .object({
    ...totals,
    since: z.iso.datetime().meta({
      description:
        "When counting began. A policy that is deleted and created again begins at zero; one that is edited goes on.",
    }),
    readAt: z.iso.datetime().nullable().meta({
      description:
        "Every switch concerned was read at this time or later. null: not all have been read since the start, or nothing of the policy is on any switch.",
    }),
    exact: z.boolean().meta({
      description:
        "false: some rule that makes the policy's copies makes those of frames that only other policies ask for, too, and all are counted here: the true figures are at most these.",
    }),
  })
  .meta({ id: "PolicyCounters" });
export type PolicyCounters = z.infer<typeof PolicyCounters>;

/** The same, monitor by monitor. */
export const PolicyCountersDetail = PolicyCounters.extend({
  id: z.string(),
  monitors: z
    .array(z.object({ monitor: z.string(), ...totals, exact: z.boolean() }))
    .readonly()
    .meta({
      description: "By the monitor as the policy names it; those that it had before, too.",
    }),
}).meta({ id: "PolicyCountersDetail" });
export type PolicyCountersDetail = z.infer<typeof PolicyCountersDetail>;

const writtenMembers = {
  origin: PolicyOrigin,
  revision: z.int().min(0).meta({
    description:
      "Grows with every write; the ETag. Never used twice, also not after a deletion. 0 for a policy from a file.",
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

/** The members that the controller adds to a policy document; ignored when a client sends them. */
export const policyReadOnlyMembers = {
  ...writtenMembers,
  status: PolicyStatus,
  counters: PolicyCounters,
};

/** A policy document: the JSON as the user wrote it. */
export type PolicyDocument = Readonly<Record<string, unknown>>;

/** A policy as it was written, in events: the user's members, then who wrote it when. */
export const WrittenPolicy = z
  .looseObject({ id: z.string(), ...writtenMembers })
  .meta({ id: "WrittenPolicy" });
export type WrittenPolicy = z.infer<typeof WrittenPolicy>;

/** A policy as REST returns it: the user's members first and as written, then the controller's. */
export const PolicyView = z
  .looseObject({ id: z.string(), ...policyReadOnlyMembers })
  .meta({ id: "Policy" });
export type PolicyView = z.infer<typeof PolicyView>;
