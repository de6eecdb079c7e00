// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { customIssue } from "../topology/index.ts";
import { PolicyState } from "./policies.ts";
import type { Rejection } from "./rejection.ts";
import { RuleView } from "./rules.ts";
import { Dpid, PortNumber } from "./scalars.ts";

const hex = z.string().meta({ description: "A frame's bytes in hex." });
const kind = z.enum(["original", "copy"]);
const hosts = z.array(z.string()).readonly();

/** A question about a frame. */
export const ExplainRequest = z
  .strictObject({
    frame: z
      .union([hex, z.record(z.string(), z.union([z.number(), z.string()]))])
      .meta({ description: "Bytes in hex, or fields by the names that filters use." }),
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
        description: "Where the frame enters. Absent: at the known host with its eth_src.",
      }),
    to: z.strictObject({ host: z.string() }).exactOptional().meta({
      description: "The destination host; supplies destination addresses that the frame lacks.",
    }),
    policies: z.array(z.string()).readonly().exactOptional().meta({
      description: "Policies to report on. Absent: those that match, and the nearest misses.",
    }),
  })
  .meta({
    id: "ExplainRequest",
    examples: [{ at: { host: "h1" }, to: { host: "h2" }, frame: { tcp_dst: 80 } }],
  });
export type ExplainRequest = z.infer<typeof ExplainRequest>;

/** A port, with the names (or addresses) of the hosts known there. */
const ExplainedPort = z.object({ switch: z.string(), dpid: Dpid, port: PortNumber, hosts });
export type ExplainedPort = z.infer<typeof ExplainedPort>;

const InstalledState = z.enum(["confirmed", "pending", "refused"]);

/** What a policy does with the frame. */
const ExplainedPolicy = z.object({
  id: z.string(),
  state: PolicyState,
  matches: z.boolean(),
  reason: z.string().exactOptional().meta({ description: "The first condition that fails." }),
  monitors: z
    .array(
      z.object({ monitor: z.string(), copied: z.boolean(), reason: z.string().exactOptional() }),
    )
    .readonly(),
});
export type ExplainedPolicy = z.infer<typeof ExplainedPolicy>;

/** A frame that a switch sends. */
const SentFrameView = z.object({
  kind,
  frame: hex,
  mayDrop: z.boolean().meta({ description: "Whether a meter may drop it." }),
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
export type SentFrameView = z.infer<typeof SentFrameView>;

/** A rule that the frame matches; `frame` is the frame before its actions. */
const FiredRule = RuleView.extend({
  state: z.enum([...InstalledState.options, "foreign"]).meta({
    description: "foreign: an entry of another application, as last read; its category is unknown.",
  }),
  detail: z.string().exactOptional(),
  frame: hex,
});
export type FiredRule = z.infer<typeof FiredRule>;

/** The passage of a frame through one switch; `frame` is the frame as it enters. */
const ExplainedHop = z.object({
  switch: z.string(),
  dpid: Dpid,
  inPort: PortNumber,
  kind,
  frame: hex,
  from: z.int().exactOptional().meta({ description: "Index of the hop it comes from." }),
  rules: z.array(FiredRule).readonly(),
  sends: z.array(SentFrameView).readonly(),
});
export type ExplainedHop = z.infer<typeof ExplainedHop>;

/** A copy that arrives. `bitExact`: the frame as it entered, or as much of it as a policy requests. */
const ArrivedCopy = ExplainedPort.extend({
  policies: z.array(z.string()).readonly(),
  frame: hex,
  bitExact: z.boolean(),
  mayDrop: z.boolean(),
  way: z
    .array(z.int())
    .readonly()
    .meta({ description: "The path of the copy, as indexes of hops." }),
});
export type ArrivedCopy = z.infer<typeof ArrivedCopy>;

/** What happens to a frame, and why. */
export const Explanation = z
  .object({
    frame: hex,
    fields: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
    at: ExplainedPort,
    policies: z.array(ExplainedPolicy).readonly(),
    unlistedPolicies: z
      .int()
      .meta({ description: "Number of policies that do not match and are not listed." }),
    hops: z
      .array(ExplainedHop)
      .readonly()
      .meta({ description: "Passages through switches, the point of entry first." }),
    originals: z
      .array(ExplainedPort)
      .readonly()
      .meta({ description: "Where the original leaves the network." }),
    copies: z.array(ArrivedCopy).readonly(),
    installed: z
      .object({ state: InstalledState, reasons: z.array(z.string()).readonly() })
      .meta({ description: "Whether the switches hold the tables this is computed from." }),
    taken: z.array(z.string()).readonly().meta({
      description:
        "The entries of other applications, as last read, that take the frame or a copy of it before a rule of OpenVTAP does: sentences with switch, table, priority, cookie and match.",
    }),
    agreement: z.object({ ok: z.boolean(), problems: z.array(z.string()).readonly() }).meta({
      description:
        "Whether the tables implement the policies where no other application interferes; any problem here is a defect of OpenVTAP.",
    }),
    assumptions: z
      .array(z.string())
      .readonly()
      .meta({ description: "Assumptions about decisions that other programs make." }),
  })
  .meta({ id: "Explanation" });
export type Explanation = z.infer<typeof Explanation>;

type ExplainOutcome = { readonly type: "explained"; readonly explanation: Explanation } | Rejection;

/** What the API requires of the controller for explanations. */
export interface ExplainService {
  /**
   * What happens to a frame. Nothing is sent. With a project: the frame enters at a port of it, only its policies
   * are explained, and only their copies are shown; no hops.
   */
  explainFrame(request: ExplainRequest, project?: string): Promise<ExplainOutcome>;
}
