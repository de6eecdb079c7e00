import { z } from "zod";
import { AttachmentView } from "./attachment.ts";
import { ConflictHistoryView } from "./host-conflicts.ts";
import { RefusedEntries } from "./refused-entries.ts";
import { Dpid, MacText, PortNumber } from "./scalars.ts";

/** A live port of a switch. */
export const PortView = z
  .object({
    port: PortNumber,
    name: z.string().meta({ description: "OpenFlow port name; empty when the switch gives none." }),
    mac: MacText.meta({ description: "Hardware address of the port." }),
    up: z.boolean().meta({ description: "Neither administratively down nor without a link." }),
    role: z.enum(["link", "edge", "probing"]).exactOptional().meta({
      description: "What it is for: a link, hosts, or not known yet. Absent in events.",
    }),
  })
  .meta({ id: "Port" });
export type PortView = z.infer<typeof PortView>;

/** An installed flow entry that is OpenVTAP's. */
export const RuleView = z
  .object({
    table: z.int(),
    priority: z.int(),
    cookie: z.string().meta({ description: "Hexadecimal.", example: "0x7654030000000001" }),
    category: z.string().meta({ example: "rewriting" }),
    match: z.string().meta({ description: "In ovs-ofctl syntax.", example: "in_port=1,tcp" }),
    actions: z.string().meta({ description: "In ovs-ofctl syntax.", example: "group:1979711489" }),
  })
  .meta({ id: "Rule" });
export type RuleView = z.infer<typeof RuleView>;

/** An installed group that is OpenVTAP's. */
export const GroupView = z
  .object({
    groupId: z.int(),
    type: z.string().meta({ example: "all" }),
    buckets: z.array(z.string()).readonly().meta({ description: "Actions, in ovs-ofctl syntax." }),
  })
  .meta({ id: "Group" });
export type GroupView = z.infer<typeof GroupView>;

const forwardingProfile = z
  .union([z.enum(["paths", "normal"]), z.object({ table: z.int() })])
  .meta({ description: "Who forwards the original packets on this switch." });

/** What the switch lets us do. */
export const RoleName = z.enum(["equal", "master", "slave"]).meta({
  description:
    "The OpenFlow role that the switch has for us. A slave may not change it: nothing is sent there.",
});

/** What a switch is to the controller, whether it is connected or not. */
export const SwitchFacts = z
  .object({
    dpid: Dpid,
    name: z.string().meta({ description: "The configured name; the dpid when there is none." }),
    configured: z.boolean().meta({ description: "Named in a topology file." }),
    admission: z.enum(["file", "accepted", "quarantined", "refused"]).meta({
      description:
        "file: a topology file names it. accepted: it is in none and programmed all the same. quarantined: visible, never programmed. A switch that is refused has no session and is not shown.",
    }),
    admissionReason: z.string().meta({ description: "Why, as a clause." }),
    forwarding: forwardingProfile,
  })
  .meta({ id: "SwitchFacts" });
export type SwitchFacts = z.infer<typeof SwitchFacts>;

/** A switch: one that a topology file names, or one that has connected. */
export const SwitchView = SwitchFacts.extend({
  connected: z.boolean(),
  address: z.string().exactOptional().meta({ description: "The peer of the session." }),
  transport: z.enum(["tcp", "tls"]).exactOptional(),
  certificate: z.string().exactOptional().meta({
    description: "SHA-256 fingerprint of the certificate that the switch has shown.",
  }),
  role: RoleName.exactOptional(),
  ports: z.array(PortView).readonly(),
  refused: RefusedEntries.meta({
    description:
      "Entries that it refuses, or that another application's are in the place of, as last heard. Tried again when it is read (resync, reconnect) or they change.",
  }),
}).meta({ id: "Switch" });
export type SwitchView = z.infer<typeof SwitchView>;

/** A switch with the rules and groups it has confirmed. */
export const SwitchDetail = SwitchView.extend({
  rules: z.array(RuleView).readonly().meta({ description: "Confirmed flow entries of OpenVTAP." }),
  groups: z.array(GroupView).readonly().meta({ description: "Confirmed groups of OpenVTAP." }),
}).meta({ id: "SwitchDetail" });
export type SwitchDetail = z.infer<typeof SwitchDetail>;

/** A link between two switches. */
export const LinkView = z
  .object({
    a: AttachmentView,
    b: AttachmentView,
    weight: z.number().meta({ description: "Cost of the link for shortest paths." }),
    copyWeight: z
      .number()
      .exactOptional()
      .meta({ description: "The same for copies, where it is another one." }),
    up: z.boolean().meta({ description: "Whether it is used." }),
    origin: z.enum(["file", "discovered"]),
    state: z
      .enum(["up", "down", "unidirectional", "selfLoop", "shared", "contradicted"])
      .meta({ description: "What is the matter with it; see docs/discovery.md." }),
    problem: z
      .string()
      .exactOptional()
      .meta({ description: "What speaks against a contradicted link." }),
    since: z.string().exactOptional().meta({
      description: "When it became so, as far as this controller knows. Absent in events.",
    }),
  })
  .meta({ id: "Link" });
export type LinkView = z.infer<typeof LinkView>;

/** A host on a switch port. */
export const HostView = AttachmentView.extend({
  name: z.string().exactOptional(),
  mac: MacText,
  ips: z.array(z.string()).readonly().meta({ description: "IPv4 and IPv6 addresses." }),
  vlans: z.array(z.int()).readonly().exactOptional().meta({
    description: "VLAN ids of its tagged frames; only of a learned host.",
  }),
  origin: z.enum(["file", "api", "learned"]).meta({
    description: "Named in a topology file, added over REST, or learned from its frames.",
  }),
  lastSeen: z.iso.datetime().exactOptional().meta({
    description: "Only of a learned host: when it last said something of itself.",
  }),
  conflicts: z.array(ConflictHistoryView).readonly().exactOptional().meta({
    description: "What is seen of the host and cannot be true.",
  }),
}).meta({ id: "Host" });
export type HostView = z.infer<typeof HostView>;

/** The whole network as the controller sees it now. */
export const TopologyView = z
  .object({
    switches: z.array(SwitchView).readonly(),
    links: z.array(LinkView).readonly(),
    hosts: z.array(HostView).readonly(),
  })
  .meta({ id: "Topology" });
export type TopologyView = z.infer<typeof TopologyView>;

/** One switch of a path, with the ports by which frames enter and leave it. */
export const HopView = z
  .object({
    switch: z.string(),
    dpid: Dpid,
    inPort: PortNumber.exactOptional().meta({
      description: "Absent on the first switch of a path between switches.",
    }),
    outPort: PortNumber.exactOptional().meta({
      description: "Absent on the last switch of a path between switches.",
    }),
  })
  .meta({ id: "Hop" });
export type HopView = z.infer<typeof HopView>;

/** The way frames take from one place to another. */
export const PathView = z
  .object({
    from: z.string(),
    to: z.string(),
    weight: z.number().meta({ description: "Sum of the link weights." }),
    hops: z.array(HopView).readonly(),
  })
  .meta({ id: "Path" });
export type PathView = z.infer<typeof PathView>;
