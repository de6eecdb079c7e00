import { z } from "zod";
import { type POLICY_STATES, PolicyState } from "./policies.ts";
import { Dpid } from "./scalars.ts";
import { GroupView, RuleView } from "./switches.ts";

const count = z.int().min(0);

/** The controller at a glance. */
export const StatusView = z
  .object({
    version: z.string(),
    startedAt: z.iso.datetime(),
    ready: z.boolean(),
    policies: z.object({
      total: count,
      byState: z.object({
        disabled: count,
        pending: count,
        active: count,
        degraded: count,
        error: count,
      } satisfies Record<(typeof POLICY_STATES)[number], typeof count>),
    }),
    switches: z.object({
      configured: count,
      accepted: count,
      quarantined: count,
      connected: count,
    }),
    links: count,
    hosts: count,
  })
  .meta({ id: "Status" });
export type StatusView = z.infer<typeof StatusView>;

/** What a policy would do if it were written now. */
export const PolicyDryRun = z
  .object({
    id: z.string().exactOptional().meta({ description: "Absent when the document has none." }),
    state: PolicyState.meta({ description: "The state it would settle in." }),
    reasons: z.array(z.string()).readonly().meta({ description: "Why not more, in words." }),
    tapPoints: z.array(z.string()).readonly().meta({ description: "Where frames are copied." }),
    switches: z
      .array(
        z.object({
          switch: z.string(),
          dpid: Dpid,
          rules: z.array(RuleView).readonly(),
          groups: z.array(GroupView.omit({ groupId: true })).readonly(),
          effects: z
            .array(z.string())
            .readonly()
            .meta({ description: "What the rules do to frames on the wire, in words." }),
        }),
      )
      .readonly()
      .meta({ description: "What would be installed for it, per switch." }),
    overlaps: z
      .array(z.object({ policy: z.string(), what: z.string() }))
      .readonly()
      .meta({ description: "Other policies that want some of the same frames." }),
    unseen: z
      .array(z.string())
      .readonly()
      .meta({ description: "What it will not see though one might think so, and why." }),
  })
  .meta({ id: "PolicyPreview" });
export type PolicyDryRun = z.infer<typeof PolicyDryRun>;
