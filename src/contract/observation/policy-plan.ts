// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { DesiredGroupView, RuleView } from "../rules.ts";
import { Dpid, PortNumber } from "../scalars.ts";

const PortAt = z.object({ dpid: Dpid, port: PortNumber });

/** A link, in the direction in which frames cross it. */
const CrossedLink = z.object({ from: PortAt, to: PortAt });
export type CrossedLink = z.infer<typeof CrossedLink>;

const Place = z.object({ switch: z.string(), dpid: Dpid, port: PortNumber.exactOptional() });

const TapPoint = z.object({
  switch: z.string(),
  dpid: Dpid,
  port: PortNumber,
  end: z.enum(["sender", "receiver"]).meta({ description: "The end of the policy that is there." }),
  direction: z.enum(["forward", "reverse"]).meta({
    description: "forward: frames from the sender to the receiver are copied there.",
  }),
});

const Way = z.object({
  monitor: z.string().meta({ description: "As the policy names it." }),
  from: Place.meta({
    description:
      "The switch that makes the copies; with the port of the tap point, if there is one only.",
  }),
  to: Place.meta({ description: "Where the copies leave for the monitor." }),
  links: z
    .array(CrossedLink)
    .readonly()
    .meta({ description: "The links that the copies cross, in their order." }),
  marking: z
    .enum(["direct", "tunnel", "overlay", "rewrite", "sourceMark", "destinationMark", "tag"])
    .meta({ description: "What the copies carry on the way; see the documentation of copies." }),
});

/** Where a policy copies frames, and which links originals and copies cross. */
export const PlannedWays = z
  .object({
    tapPoints: z.array(TapPoint).readonly(),
    ways: z
      .array(Way)
      .readonly()
      .meta({ description: "Of each monitor, one for each switch that makes copies for it." }),
    original: z.array(CrossedLink).readonly().meta({
      description:
        "The links that the originals cross in the directions that are copied, where both ends are at known ports.",
    }),
  })
  .meta({ id: "PlannedWays" });
export type PlannedWays = z.infer<typeof PlannedWays>;

const EntryState = z.enum(["confirmed", "pending", "refused"]);

const PlannedMirror = z.object({
  switch: z.string(),
  dpid: Dpid,
  monitor: z.string().meta({ description: "As the policy names it." }),
  name: z.string().meta({ description: "Of the row in the database of the switch." }),
  from: z
    .array(PortNumber)
    .readonly()
    .meta({ description: "Ports whose received frames it selects." }),
  to: z.array(PortNumber).readonly().meta({ description: "Ports whose sent frames it selects." }),
  all: z.boolean().meta({ description: "It selects the frames of all ports." }),
  vlans: z.array(z.int()).readonly().meta({ description: "To which it is limited; empty: none." }),
  outputVlan: z.int().exactOptional().meta({
    description:
      "The RSPAN VLAN whose ports copies leave by, with its tag; absent: they leave by one port.",
  }),
  snapLength: z.int().exactOptional().meta({ description: "Bytes that copies keep." }),
  state: z.enum(["confirmed", "pending"]).meta({
    description: "confirmed: the switch has taken it over.",
  }),
  packets: z.int().exactOptional().meta({
    description: "Frames that it has sent, as the switch counts them every few seconds.",
  }),
  bytes: z.int().exactOptional(),
});

/** How a policy is put into effect at present. */
export const PolicyPlanView = PlannedWays.extend({
  id: z.string(),
  switches: z
    .array(
      z.object({
        switch: z.string(),
        dpid: Dpid,
        state: z.enum([...EntryState.options, "disconnected"]).meta({
          description: "confirmed: the switch holds all of the rules. Otherwise the worst of them.",
        }),
        rules: z.array(RuleView.extend({ state: EntryState })).readonly(),
        groups: z.array(DesiredGroupView).readonly(),
      }),
    )
    .readonly()
    .meta({
      description: "The rules that the policy needs, per switch. Other policies may share them.",
    }),
  mirrors: z.array(PlannedMirror).readonly().exactOptional().meta({
    description: "The mirrors that make the copies of a policy with delivery `mirror`.",
  }),
}).meta({ id: "PolicyPlan" });
export type PolicyPlanView = z.infer<typeof PolicyPlanView>;

/** What the API requires of the controller for the plans of policies. */
export interface PolicyPlanService {
  /** Undefined: there is no such policy. */
  policyPlan(id: string): Promise<PolicyPlanView | undefined>;
}
