import { z } from "zod";
import { customIssue } from "../topology/index.ts";
import { PolicyState } from "./policies.ts";
import { Dpid, PortNumber } from "./scalars.ts";
import { RuleView } from "./switches.ts";

const hex = z.string().meta({ description: "A frame's bytes in hex." });
const kind = z.enum(["original", "copy"]);
const hosts = z.array(z.string()).readonly();

/** A question about a frame. */
export const ExplainRequest = z
  .strictObject({
    frame: z
      .union([hex, z.record(z.string(), z.union([z.number(), z.string()]))])
      .meta({ description: "The bytes in hex; or fields by the names that filters use." }),
    at: z
      .strictObject({
        host: z.string().exactOptional(),
        switch: z.string().exactOptional(),
        port: z.union([z.int(), z.string()]).exactOptional(),
      })
      .superRefine(({ host, switch: name, port }, context) => {
        const isHost = host !== undefined && name === undefined && port === undefined;
        const isPort = host === undefined && name !== undefined && port !== undefined;
        if (isHost || isPort) return;
        const remedy = 'write { "host": … } or { "switch": …, "port": … }';
        context.addIssue(customIssue("this is neither a host nor a port", remedy));
      })
      .exactOptional()
      .meta({
        description: "Where it enters. Absent: where the known host with its eth_src is.",
      }),
    to: z
      .strictObject({ host: z.string() })
      .exactOptional()
      .meta({ description: "The host it is for: gives destination addresses that are missing." }),
    policies: z.array(z.string()).readonly().exactOptional().meta({
      description:
        "Policies to say something of. Absent: those that match, and those that come nearest.",
    }),
  })
  .meta({
    id: "ExplainRequest",
    examples: [{ at: { host: "h1" }, to: { host: "h2" }, frame: { tcp_dst: 80 } }],
  });
export type ExplainRequest = z.infer<typeof ExplainRequest>;

const PortView = z.object({ switch: z.string(), dpid: Dpid, port: PortNumber, hosts });
const InstalledState = z.enum(["confirmed", "pending", "refused"]);

const ExplainedPolicy = z.object({
  id: z.string(),
  state: PolicyState,
  matches: z.boolean(),
  reason: z.string().exactOptional().meta({ description: "The first thing that is not as asked." }),
  monitors: z
    .array(
      z.object({ monitor: z.string(), copied: z.boolean(), reason: z.string().exactOptional() }),
    )
    .readonly(),
});

const SentView = z.object({
  kind,
  frame: hex,
  mayDrop: z.boolean().meta({ description: "A meter may drop it." }),
  to: z.union([
    z.object({
      port: PortNumber,
      link: z.object({ switch: z.string(), port: PortNumber }),
    }),
    z.object({ port: PortNumber, hosts }),
    z.object({ table: z.int() }),
    z.object({ controller: z.literal(true) }),
  ]),
});

const Hop = z.object({
  switch: z.string(),
  dpid: Dpid,
  inPort: PortNumber,
  kind,
  frame: hex,
  from: z.int().exactOptional().meta({ description: "Index of the hop it comes from." }),
  rules: z
    .array(
      RuleView.extend({ state: InstalledState, detail: z.string().exactOptional(), frame: hex }),
    )
    .readonly(),
  sends: z.array(SentView).readonly(),
});

/** What becomes of a frame, and why. */
export const Explanation = z
  .object({
    frame: hex,
    fields: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
    at: PortView,
    policies: z.array(ExplainedPolicy).readonly(),
    unlistedPolicies: z
      .int()
      .meta({ description: "Policies that do not match and are not listed." }),
    hops: z.array(Hop).readonly().meta({ description: "Stays at switches, the entry first." }),
    originals: z
      .array(PortView)
      .readonly()
      .meta({ description: "Where the original leaves the network." }),
    copies: z
      .array(
        PortView.extend({
          policies: z.array(z.string()).readonly(),
          frame: hex,
          bitExact: z.boolean(),
          mayDrop: z.boolean(),
          way: z.array(z.int()).readonly().meta({ description: "Indexes of hops." }),
        }),
      )
      .readonly(),
    installed: z
      .object({ state: InstalledState, reasons: z.array(z.string()).readonly() })
      .meta({ description: "Whether the switches hold what this is computed from." }),
    agreement: z.object({ ok: z.boolean(), problems: z.array(z.string()).readonly() }).meta({
      description:
        "Whether the tables do what the policies mean; anything here is a defect of OpenVTAP.",
    }),
    assumptions: z
      .array(z.string())
      .readonly()
      .meta({ description: "What is taken for granted where other programs decide." }),
  })
  .meta({ id: "Explanation" });
export type Explanation = z.infer<typeof Explanation>;
