// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { AuditHead } from "./audit/audit.ts";
import { OverridingEntriesView } from "./entries/overriding-entries.ts";
import { RefusedEntriesView } from "./entries/refused-entries.ts";
import { GroupView } from "./groups.ts";
import { ConflictView } from "./host-conflicts.ts";
import { HostView } from "./hosts.ts";
import { LinkView } from "./links.ts";
import { SwitchSettings } from "./observation/switch-database.ts";
import { PolicyHealth, PolicyOrigin, PolicyStatus, WrittenPolicy } from "./policies.ts";
import { DriftView } from "./resync.ts";
import { RuleView } from "./rules.ts";
import { Dpid } from "./scalars.ts";
import { PortView, RoleName, SwitchFacts } from "./switches.ts";
import { Suspension } from "./taps.ts";

const policyWrite = { id: z.string(), revision: z.int(), origin: PolicyOrigin };
const ofSwitch = { dpid: Dpid, switch: z.string() };
/** The state before and after; a side that did not exist is absent. */
const sides = <T extends z.ZodType>(view: T) => ({
  old: view.exactOptional(),
  new: view.exactOptional(),
});

const tapsOfProject = z.string().exactOptional().meta({
  description: "The project whose taps they are; absent: all taps.",
});

/** A row of the table below. */
function event<Type extends string, Members extends z.ZodRawShape>(type: Type, members: Members) {
  return z.object({ type: z.literal(type), ...members });
}

/**
 * Every event, declared once: the bus and its publishers take their types from here. `type` is also the
 * name of the server-sent event.
 */
export const ControllerEvent = z
  .discriminatedUnion("type", [
    event("policyCreated", { ...policyWrite, new: WrittenPolicy }),
    event("policyReplaced", { ...policyWrite, old: WrittenPolicy, new: WrittenPolicy }),
    event("policyDeleted", { id: z.string(), old: WrittenPolicy }),
    event("policyStatus", {
      id: z.string(),
      old: PolicyStatus.exactOptional(),
      new: PolicyStatus,
    }),
    event("policyHealth", {
      id: z.string(),
      old: PolicyHealth.exactOptional(),
      new: PolicyHealth,
    }),
    event("policyExpiring", { ...policyWrite, endsAt: z.iso.datetime() }),
    event("policyExpired", { ...policyWrite, endedAt: z.iso.datetime() }),
    event("groupChanged", { id: z.string(), ...sides(GroupView) }),
    event("tapsSuspended", { project: tapsOfProject, ...Suspension.shape }),
    event("tapsResumed", {
      project: tapsOfProject,
      old: Suspension,
      by: z.string().exactOptional().meta({
        description: "The user who resumes them; absent on a server without authentication.",
      }),
      reason: z.string().exactOptional().meta({ description: "Why they are resumed." }),
    }),
    event("switchConnected", { ...ofSwitch, address: z.string().exactOptional() }),
    event("switchDisconnected", { ...ofSwitch, reason: z.string() }),
    event("switchChanged", { ...ofSwitch, old: SwitchFacts.exactOptional(), new: SwitchFacts }),
    event("switchForgotten", { ...ofSwitch, old: SwitchFacts }),
    event("roleChanged", { ...ofSwitch, old: RoleName.exactOptional(), new: RoleName }),
    event("switchDatabase", {
      ...ofSwitch,
      state: z.enum(["connected", "changed", "disconnected"]),
      ...sides(SwitchSettings),
    }),
    event("entriesRefused", {
      ...ofSwitch,
      state: z.enum(["begun", "changed", "ended"]),
      ...sides(RefusedEntriesView),
    }),
    event("entriesOverridden", {
      ...ofSwitch,
      state: z.enum(["begun", "changed", "ended"]),
      ...sides(OverridingEntriesView),
    }),
    event("markRead", {
      ...ofSwitch,
      state: z.enum(["begun", "changed", "ended"]),
      ...sides(
        z.string().meta({ description: "Why no frames are tapped on the switch, as a clause." }),
      ),
    }),
    event("switchRepaired", {
      ...ofSwitch,
      by: z.enum(["audit", "resync"]).meta({ description: "What found the difference." }),
      drift: DriftView.meta({
        description: "Entries, groups and meters that something other than OpenVTAP had changed.",
      }),
      policyCount: z.int().meta({
        description: "Number of policies whose entries, or groups or meters of them, differed.",
      }),
      policies: z.array(z.string()).readonly().meta({
        description: "The first 20 of these policies, in order of their ids.",
      }),
      rules: z
        .array(z.object(sides(RuleView)))
        .readonly()
        .meta({
          description:
            "At most five of the flow entries: as the switch had confirmed them and holds them again (`old`), and as they were found (`new`).",
        }),
    }),
    event("forgedFrames", {
      ...ofSwitch,
      frames: z.int().meta({ description: "Since the last event of the switch." }),
      total: z.int().meta({ description: "Since the start." }),
    }),
    event("portChanged", { ...ofSwitch, ...sides(PortView) }),
    event("probeRejected", {
      ...ofSwitch,
      port: z.int(),
      reason: z
        .enum(["malformed", "forged", "stale"])
        .meta({ description: "`stale`: signed by this controller, and replayed." }),
    }),
    event("linkChanged", sides(LinkView)),
    event("rerouted", {
      links: z
        .array(z.object(sides(LinkView)))
        .readonly()
        .meta({
          description: "The links that changed; each was published as `linkChanged` before.",
        }),
      switches: z.int().meta({ description: "Switches whose desired entries changed." }),
      entries: z.int().meta({ description: "Number of desired entries that changed." }),
      policies: z.int().meta({ description: "Policies whose copies or rules changed." }),
      recomputeMs: z.int().meta({ description: "Time to compute the change." }),
      confirmMs: z.int().meta({
        description: "Time from then until the connected switches had confirmed the change.",
      }),
    }),
    event("hostChanged", sides(HostView)),
    event("hostConflict", { state: z.enum(["begun", "ended"]), conflict: ConflictView }),
    event("auditHead", AuditHead.shape),
  ])
  .meta({ id: "Event" });
export type ControllerEvent = z.infer<typeof ControllerEvent>;

/** What the API requires of the controller for events. */
export interface EventService {
  /** Calls back for every event from now on, in order; returns a function that ends this. */
  subscribe(listener: (event: ControllerEvent) => void): () => void;
}
