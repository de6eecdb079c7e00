// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { AttachmentView } from "./attachment.ts";

/** A link between two switches. */
export const LinkView = z
  .object({
    a: AttachmentView,
    b: AttachmentView,
    weight: z.number().meta({ description: "Cost of the link for shortest paths." }),
    direct: z.boolean().meta({
      description:
        "Whether it is proven that no device is between its ends, by probes or by the topology file: one-sided marks cross no other links.",
    }),
    copyWeight: z
      .number()
      .exactOptional()
      .meta({ description: "Cost of the link for copies, if it differs." }),
    up: z.boolean().meta({ description: "Whether the link is used." }),
    origin: z.enum(["file", "discovered"]),
    role: z.enum(["tree", "path", "blocked"]).exactOptional().meta({
      description:
        "tree: in the spanning tree, carries everything, floods included. path: outside of it, carries frames for known hosts only. blocked: carries no frames. Absent in events, and for an identity of a project.",
    }),
    state: z
      .enum(["up", "down", "unidirectional", "selfLoop", "shared", "contradicted"])
      .meta({ description: "Condition of the link; see docs/discovery.md." }),
    problem: z
      .string()
      .exactOptional()
      .meta({ description: "What contradicts a contradicted link." }),
    since: z.string().exactOptional().meta({
      description: "When the state was entered, as far as this controller knows. Absent in events.",
    }),
  })
  .meta({ id: "Link" });
export type LinkView = z.infer<typeof LinkView>;

/** What the API requires of the controller for links. */
export interface LinkService {
  /** With a project: links whose ends are both ports of it. */
  listLinks(project?: string): Promise<readonly LinkView[]>;
}
