// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { PolicyState } from "./policies.ts";
import type { Rejection } from "./rejection.ts";
import { DesiredGroupView, RuleView } from "./rules.ts";
import { Dpid, type JsonObject } from "./scalars.ts";

/** What a policy would do if it were written now. */
export const PolicyDryRun = z
  .object({
    id: z.string().exactOptional().meta({ description: "Absent if the document has none." }),
    state: PolicyState.meta({
      description: "The state of the policy once every switch has confirmed.",
    }),
    reasons: z
      .array(z.string())
      .readonly()
      .meta({ description: "Why the state is not active, in words." }),
    tapPoints: z.array(z.string()).readonly().meta({ description: "Where frames are copied." }),
    switches: z
      .array(
        z.object({
          switch: z.string(),
          dpid: Dpid,
          rules: z.array(RuleView).readonly(),
          groups: z.array(DesiredGroupView).readonly(),
          effects: z
            .array(z.string())
            .readonly()
            .meta({ description: "Effects of the rules on frames on the wire, in words." }),
        }),
      )
      .readonly()
      .meta({ description: "Rules and groups that would be installed for it, per switch." }),
    overlaps: z
      .array(z.object({ policy: z.string(), what: z.string() }))
      .readonly()
      .meta({ description: "Other policies that copy some of the same frames." }),
    unseen: z.array(z.string()).readonly().meta({
      description: "Traffic that the policy does not copy although its terms suggest it, and why.",
    }),
  })
  .meta({ id: "PolicyPreview" });
export type PolicyDryRun = z.infer<typeof PolicyDryRun>;

type DryRunOutcome = { readonly type: "compiled"; readonly dryRun: PolicyDryRun } | Rejection;

/** What the API requires of the controller for dry runs. */
export interface DryRunService {
  /** What a write of this document would do, without writing it. */
  dryRunPolicy(document: JsonObject): Promise<DryRunOutcome>;
}
