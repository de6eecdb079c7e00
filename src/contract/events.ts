import { z } from "zod";
import { Drift } from "./drift.ts";
import { ConflictView } from "./host-conflicts.ts";
import { PolicyOrigin, PolicyStatus, WrittenPolicy } from "./policies.ts";
import { RefusedEntries } from "./refused-entries.ts";
import { Dpid } from "./scalars.ts";
import { HostView, LinkView, PortView, RoleName, RuleView, SwitchFacts } from "./switches.ts";
import { saidOfSuspension } from "./taps.ts";

const policyWritten = { id: z.string(), revision: z.int(), origin: PolicyOrigin };
const suspension = { since: z.iso.datetime(), ...saidOfSuspension };
const ofSwitch = { dpid: Dpid, switch: z.string() };

/** Something that happened in the controller. `type` is also the name of the server-sent event. */
export const ControllerEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("policyCreated"), ...policyWritten, new: WrittenPolicy }),
    z.object({
      type: z.literal("policyReplaced"),
      ...policyWritten,
      old: WrittenPolicy,
      new: WrittenPolicy,
    }),
    z.object({ type: z.literal("policyDeleted"), id: z.string(), old: WrittenPolicy }),
    z.object({
      type: z.literal("policyStatus"),
      id: z.string(),
      old: PolicyStatus.exactOptional(),
      new: PolicyStatus,
    }),
    z.object({ type: z.literal("tapsSuspended"), ...suspension }),
    z.object({ type: z.literal("tapsResumed"), old: z.object(suspension) }),
    z.object({
      type: z.literal("switchConnected"),
      ...ofSwitch,
      address: z.string().exactOptional(),
    }),
    z.object({ type: z.literal("switchDisconnected"), ...ofSwitch, reason: z.string() }),
    z.object({
      type: z.literal("switchChanged"),
      ...ofSwitch,
      old: SwitchFacts.exactOptional(),
      new: SwitchFacts,
    }),
    z.object({ type: z.literal("switchForgotten"), ...ofSwitch, old: SwitchFacts }),
    z.object({
      type: z.literal("roleChanged"),
      ...ofSwitch,
      old: RoleName.exactOptional(),
      new: RoleName,
    }),
    z.object({
      type: z.literal("entriesRefused"),
      ...ofSwitch,
      state: z.enum(["begun", "changed", "ended"]),
      old: RefusedEntries.exactOptional(),
      new: RefusedEntries.exactOptional(),
    }),
    z.object({
      type: z.literal("switchRepaired"),
      ...ofSwitch,
      by: z.enum(["audit", "resync"]).meta({ description: "Who found it." }),
      drift: Drift.meta({
        description: "Entries, groups and meters that somebody else had changed.",
      }),
      rules: z
        .array(z.object({ old: RuleView.exactOptional(), new: RuleView.exactOptional() }))
        .readonly()
        .meta({
          description:
            "Five of the flow entries at most: as the switch had confirmed them (`old`: what it holds again), and as they were found (`new`).",
        }),
    }),
    z.object({
      type: z.literal("portChanged"),
      ...ofSwitch,
      old: PortView.exactOptional(),
      new: PortView.exactOptional(),
    }),
    z.object({
      type: z.literal("probeRejected"),
      ...ofSwitch,
      port: z.int(),
      reason: z
        .enum(["malformed", "forged", "stale"])
        .meta({ description: "`stale`: signed by this controller, and played again." }),
    }),
    z.object({
      type: z.literal("linkChanged"),
      old: LinkView.exactOptional(),
      new: LinkView.exactOptional(),
    }),
    z.object({
      type: z.literal("rerouted"),
      links: z
        .array(z.object({ old: LinkView.exactOptional(), new: LinkView.exactOptional() }))
        .readonly()
        .meta({ description: "The links that changed, each told of by `linkChanged` before." }),
      switches: z.int().meta({ description: "Switches of which other entries were wanted." }),
      entries: z.int().meta({ description: "How many of them." }),
      policies: z.int().meta({ description: "Policies whose copies or rules are others." }),
      recomputeMs: z.int().meta({ description: "How long it took to work that out." }),
      confirmMs: z.int().meta({
        description: "How long it took from there until the connected switches had confirmed.",
      }),
    }),
    z.object({
      type: z.literal("hostChanged"),
      old: HostView.exactOptional(),
      new: HostView.exactOptional(),
    }),
    z.object({
      type: z.literal("hostConflict"),
      state: z.enum(["begun", "ended"]),
      conflict: ConflictView,
    }),
  ])
  .meta({ id: "Event" });
export type ControllerEvent = z.infer<typeof ControllerEvent>;
