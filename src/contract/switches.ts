// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Cause } from "./audit/actor.ts";
import { OverridingEntriesView } from "./entries/overriding-entries.ts";
import { RefusedEntriesView } from "./entries/refused-entries.ts";
import { SwitchDatabaseView } from "./observation/switch-database.ts";
import type { DeleteOutcome } from "./rejection.ts";
import { GroupView, RuleView } from "./rules.ts";
import { Dpid, MacText, PortNumber } from "./scalars.ts";

/** A live port of a switch. */
export const PortView = z
  .object({
    port: PortNumber,
    name: z.string().meta({ description: "OpenFlow port name; empty if the switch gives none." }),
    mac: MacText.meta({ description: "Hardware address of the port." }),
    up: z.boolean().meta({ description: "Neither administratively down nor without a link." }),
    role: z.enum(["link", "edge", "tap", "probing"]).exactOptional().meta({
      description:
        "link: leads to another switch. edge: leads to hosts. tap: only copies leave by it, nothing enters. probing: not known yet, or a tunnel for copies that was never probed. Absent in events.",
    }),
  })
  .meta({ id: "Port" });
export type PortView = z.infer<typeof PortView>;

const forwardingProfile = z
  .union([
    z.enum(["paths", "normal", "copies"]),
    z.object({ table: z.int() }),
    z.object({ beside: z.object({ mark: z.string() }) }),
    z.object({ beside: z.object({ mirrors: z.literal(true) }) }),
  ])
  .meta({
    description:
      "What forwards the original packets on this switch. beside: another application owns every table; mark: the register bit that OpenVTAP sets; mirrors: its database has mirrors that hand frames to a bridge of OpenVTAP's own. copies: such a bridge, which forwards nothing.",
  });

/** The controller's role on a switch. */
export const RoleName = z.enum(["equal", "master", "slave"]).meta({
  description:
    "The OpenFlow role of this controller on the switch. A slave may not change the switch: nothing is sent to it.",
});
export type RoleName = z.infer<typeof RoleName>;

/** What the controller knows of a switch, whether it is connected or not. */
export const SwitchFacts = z
  .object({
    dpid: Dpid,
    name: z.string().meta({ description: "The configured name, or the dpid if there is none." }),
    configured: z.boolean().meta({ description: "Named in a topology file." }),
    admission: z.enum(["file", "accepted", "quarantined", "refused"]).meta({
      description:
        "file: named in a topology file. accepted: named in no file, and programmed. quarantined: visible, never programmed. A refused switch has no session and is not shown.",
    }),
    admissionReason: z.string().meta({ description: "The reason, as a clause." }),
    project: z.string().exactOptional().meta({
      description: "The project to which all its ports belong.",
    }),
    forwarding: forwardingProfile,
  })
  .meta({ id: "SwitchFacts" });
export type SwitchFacts = z.infer<typeof SwitchFacts>;

/** A switch that a topology file names, or that has connected. */
export const SwitchView = SwitchFacts.extend({
  connected: z.boolean(),
  address: z.string().exactOptional().meta({ description: "The peer of the session." }),
  transport: z.enum(["tcp", "tls"]).exactOptional(),
  certificate: z.string().exactOptional().meta({
    description: "SHA-256 fingerprint of the certificate that the switch presented.",
  }),
  role: RoleName.exactOptional(),
  fragmentMode: z.enum(["normal", "drop", "reassemble", "match"]).exactOptional().meta({
    description:
      "Absent while the switch is not connected, and for an identity of a project. How the switch handles IP fragments; match: it reads the ports of first fragments.",
  }),
  ovsdb: SwitchDatabaseView.exactOptional().meta({
    description:
      "Absent for an identity of a project, and while no database has shown a bridge with this datapath id. What the database of the switch says.",
  }),
  ports: z.array(PortView).readonly(),
  refused: RefusedEntriesView.exactOptional().meta({
    description:
      "Absent for an identity of a project. Entries that the switch refuses, or whose place an entry of another application occupies, as last reported. They are retried when the switch is read again (resync, reconnect) or when they change.",
  }),
  overriding: OverridingEntriesView.exactOptional(),
  markRead: z.string().exactOptional().meta({
    description:
      "Present where another application owns every table and one of its entries, named here, reads the mark: no frames are tapped on the switch. Absent for an identity of a project.",
  }),
  forgedFrames: z.int().exactOptional().meta({
    description:
      "Absent for an identity of a project. Frames that look like copies and that guards on this switch have dropped since the start. See the documentation of copies.",
  }),
}).meta({ id: "Switch" });
export type SwitchView = z.infer<typeof SwitchView>;

/** A switch with the rules and groups it has confirmed. */
export const SwitchDetail = SwitchView.extend({
  rules: z.array(RuleView).readonly().meta({
    description: "Confirmed flow entries of OpenVTAP; none for an identity of a project.",
  }),
  groups: z.array(GroupView).readonly().meta({
    description: "Confirmed groups of OpenVTAP; none for an identity of a project.",
  }),
}).meta({ id: "SwitchDetail" });
export type SwitchDetail = z.infer<typeof SwitchDetail>;

/**
 * What the API requires of the controller for switches. `dpid` is a name or a datapath id. With a project: switches
 * with ports of it, and these ports alone.
 */
export interface SwitchService {
  /** Whether a switch has ports of a project, or hosts of it. */
  isSwitchOf(project: string, dpid: string): boolean;
  /** Whether a port belongs to a project; `port`: a number, or the name of a port that is not known. */
  isPortOf(project: string, at: { readonly dpid: string; readonly port: number | string }): boolean;
  listSwitches(project?: string): Promise<readonly SwitchView[]>;
  getSwitch(dpid: string, project?: string): Promise<SwitchDetail | undefined>;
  /** Forgets a switch that no file names and that is not connected. */
  forgetSwitch(dpid: string, cause: Cause): Promise<DeleteOutcome>;
}
