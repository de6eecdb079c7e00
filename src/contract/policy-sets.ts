// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Cause } from "./audit/actor.ts";
import { PlannedWays } from "./observation/policy-plan.ts";
import { PolicyState, PolicyStatus } from "./policies.ts";
import type { Rejection } from "./rejection.ts";
import { DesiredGroupView, RuleView } from "./rules.ts";
import { Dpid, type JsonObject } from "./scalars.ts";

/** Changes of policies that are tried before they are written, one or many, and sets of them as one change. */

const texts = z.array(z.string()).readonly();

/** What a change does to a policy. */
const PolicyChange = z.object({
  what: z.enum(["state", "copies", "delivery", "numbers", "rules"]).meta({
    description:
      "state: its state and reasons. copies: the monitors that get copies. delivery: what its copies look like on the cables of a switch. numbers: the same, with other marks or VLAN ids. rules: its rules on a switch.",
  }),
  switch: z.string().exactOptional(),
  before: texts.meta({ description: "What is there without the change and not with it." }),
  after: texts.meta({ description: "What is there with the change and not without it." }),
});

/** What a change does to a policy that it does not write. */
export const PolicyEffect = z
  .object({
    id: z.string().meta({ description: "The other policy." }),
    why: texts.meta({ description: "How the change concerns it, in words." }),
    changes: z.array(PolicyChange).readonly(),
  })
  .meta({ id: "PolicyEffect" });
export type PolicyEffect = z.infer<typeof PolicyEffect>;

const effectMembers = {
  effects: z.array(PolicyEffect).readonly().meta({
    description: "What the change does to other policies, in the order of their ids.",
  }),
  unlistedEffects: z.int().min(0).meta({
    description: "Number of further policies that the change has effects on.",
  }),
};

/** A policy as it would be with a change. */
const PolicyForecast = z.object({
  id: z.string().exactOptional().meta({ description: "Absent if the document has none." }),
  state: PolicyState.meta({
    description: "The state of the policy once every switch has confirmed.",
  }),
  reasons: texts.meta({ description: "Why the state is not active, in words." }),
  tapPoints: texts.meta({ description: "Where frames are copied." }),
  plan: PlannedWays.meta({
    description: "The same as ports, and the links that originals and copies cross.",
  }),
  switches: z
    .array(
      z.object({
        switch: z.string(),
        dpid: Dpid,
        rules: z.array(RuleView).readonly(),
        groups: z.array(DesiredGroupView).readonly(),
        effects: texts.meta({
          description: "Effects of the rules on frames on the wire, in words.",
        }),
      }),
    )
    .readonly()
    .meta({ description: "Rules and groups that would be installed for it, per switch." }),
  overlaps: z
    .array(z.object({ policy: z.string(), what: z.string() }))
    .readonly()
    .meta({ description: "Other policies that copy some of the same frames." }),
  unseen: texts.meta({
    description: "Traffic that the policy does not copy although its terms suggest it, and why.",
  }),
});
export type PolicyForecast = z.infer<typeof PolicyForecast>;

/** How a policy would differ from the one that it replaces. */
const PolicyDiff = z
  .object({
    revision: z.int().min(0).meta({ description: "The revision that it is compared with." }),
    members: z
      .array(
        z.object({
          member: z.string(),
          before: z.unknown().exactOptional().meta({ description: "Absent: it is added." }),
          after: z.unknown().exactOptional().meta({ description: "Absent: it is removed." }),
        }),
      )
      .readonly()
      .meta({ description: "The members of the document that differ." }),
    changes: z
      .array(PolicyChange)
      .readonly()
      .meta({ description: "What differs once every switch has confirmed." }),
  })
  .meta({ id: "PolicyDiff" });

/** What a policy would do if it were written now. */
export const PolicyDryRun = PolicyForecast.extend({
  ...effectMembers,
  diff: PolicyDiff.exactOptional().meta({
    description: "Against the present policy with this id; absent: there is none.",
  }),
}).meta({ id: "PolicyPreview" });
export type PolicyDryRun = z.infer<typeof PolicyDryRun>;

const SetResult = z.enum(["created", "updated", "unchanged", "deleted"]).meta({
  id: "SetResult",
  description:
    "unchanged: it is there with the same content, in this set or from a file, and keeps its revision. deleted: the set no longer has it; with prune only.",
});
export type SetResult = z.infer<typeof SetResult>;

const PlannedGroup = z.object({ id: z.string(), result: SetResult });

/** What a set of policies and groups would do if it were applied now. */
export const PolicySetPlan = z
  .object({
    policies: z
      .array(
        z.union([
          PolicyForecast.extend({ id: z.string(), result: SetResult.exclude(["deleted"]) }),
          z.object({ id: z.string(), result: z.literal("deleted") }),
        ]),
      )
      .readonly()
      .meta({ description: "Those of the set in its order, then those that would be deleted." }),
    groups: z.array(PlannedGroup).readonly(),
    ...effectMembers,
  })
  .meta({ id: "PolicySetPlan" });
export type PolicySetPlan = z.infer<typeof PolicySetPlan>;

const revision = z.int().min(0).meta({
  description: "The revision that it has now; of a deleted one, the last.",
});

/** What a set of policies and groups did. */
export const AppliedPolicySet = z
  .object({
    policies: z
      .array(
        z.object({
          id: z.string(),
          result: SetResult,
          revision,
          status: PolicyStatus.exactOptional().meta({ description: "Absent if it is deleted." }),
        }),
      )
      .readonly()
      .meta({ description: "Those of the set in its order, then those that are deleted." }),
    groups: z.array(PlannedGroup.extend({ revision })).readonly(),
    ...effectMembers,
  })
  .meta({ id: "AppliedPolicySet" });
export type AppliedPolicySet = z.infer<typeof AppliedPolicySet>;

/** Policies and groups of one change, without the members that the controller adds. */
export interface PolicySetRequest {
  /** Name of the set: what earlier requests of this name have applied may be pruned. */
  readonly set: string;
  readonly policies: readonly unknown[];
  readonly groups: readonly unknown[];
  /** Whether policies and groups of the set that are not in the request are deleted. */
  readonly prune: boolean;
  /** The project that applies it: no policy of others is written or pruned; absent: none. */
  readonly project?: string;
  /** The role of the client, which decides how long its policies may be in effect; absent: without authentication. */
  readonly role?: string;
}

/** The signal has aborted: the client is gone, or the app closes. */
type Cancelled = { readonly type: "cancelled" };

type DryRunOutcome =
  | { readonly type: "compiled"; readonly dryRun: PolicyDryRun }
  | Cancelled
  | Rejection;

export type PlanOutcome =
  | { readonly type: "planned"; readonly plan: PolicySetPlan; readonly tag: string }
  | Cancelled
  | Rejection;

export type ApplyOutcome =
  | { readonly type: "applied"; readonly applied: AppliedPolicySet; readonly tag: string }
  | Rejection;

/** What the API requires of the controller for dry runs and for sets of policies. */
export interface PolicySetService {
  /** What a write of this document by a client with this role would do, without writing it. */
  dryRunPolicy(document: JsonObject, signal: AbortSignal, role?: string): Promise<DryRunOutcome>;
  /** What a set would do, without applying it; `tag` identifies the revisions that it would replace. */
  planPolicySet(request: PolicySetRequest, signal: AbortSignal): Promise<PlanOutcome>;
  /** Applies a set as one change: all of it, or nothing. `tags`: one of them must be the set's tag. */
  applyPolicySet(
    request: PolicySetRequest,
    cause: Cause,
    tags?: readonly string[],
  ): Promise<ApplyOutcome>;
}
