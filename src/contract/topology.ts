// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { LazyList } from "../lang/lazy-list.ts";
import { HostView } from "./hosts.ts";
import { LinkView } from "./links.ts";
import { Dpid, PortNumber } from "./scalars.ts";
import { SwitchView } from "./switches.ts";

/** The whole network as the controller currently sees it. */
export const TopologyView = z
  .object({
    switches: z.array(SwitchView).readonly(),
    links: z.array(LinkView).readonly(),
    hosts: z.array(HostView).readonly(),
  })
  .meta({ id: "Topology" });
export type TopologyView = z.infer<typeof TopologyView>;

/** The same where hosts, which may be very many, are made as they are read. */
export type TopologyListing = Omit<TopologyView, "hosts"> & { readonly hosts: LazyList<HostView> };

/** One switch of a path, with the ports through which frames enter and leave it. */
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

/** The path of frames from one place to another. */
export const PathView = z
  .object({
    from: z.string(),
    to: z.string(),
    weight: z.number().meta({ description: "Sum of the link weights." }),
    hops: z.array(HopView).readonly(),
  })
  .meta({ id: "Path" });
export type PathView = z.infer<typeof PathView>;

/** A path, or why there is none. */
export type PathOutcome =
  | { readonly type: "path"; readonly path: PathView }
  | { readonly type: "unknownPlace"; readonly parameter: "from" | "to"; readonly detail: string }
  | { readonly type: "noPath"; readonly detail: string };

/** What the API requires of the controller for the topology. */
export interface TopologyService {
  /** With a project: what belongs to it. */
  topology(project?: string): Promise<TopologyListing>;
  /** From and to: a host's name, MAC or IP address, or a switch's name or dpid. */
  findPath(from: string, to: string): PathOutcome;
}
