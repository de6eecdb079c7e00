// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

const count = z.int().min(0);
const limit = z.number().min(0).exactOptional().meta({ description: "Absent: any amount." });

/** What a project uses, and what it may use. */
export const ProjectView = z
  .object({
    project: z.string(),
    policies: z.object({ used: count, limit }),
    monitors: z.object({ used: count, limit }),
    rules: z
      .object({
        used: count.meta({ description: "On the switch where the project has most." }),
        switch: z.string().exactOptional().meta({ description: "That switch." }),
        limit: z.number().min(0),
      })
      .exactOptional()
      .meta({ description: "Absent without a quota: they are not counted then." }),
    kbps: z.object({
      reserved: z.number().min(0).meta({
        description: "What policies limit themselves to, for all their monitors together.",
      }),
      shared: z.number().min(0).exactOptional().meta({
        description: "What the other policies share on each switch. Absent without a quota.",
      }),
      measured: z.number().min(0).nullable().meta({
        description:
          "Copies that all switches make for the project, before meters drop any; null: not known.",
      }),
      limit,
    }),
    requestsPerSecond: z.object({ limit }),
    held: count.meta({ description: "Policies that are not in effect because of a quota." }),
  })
  .meta({ id: "Project" });
export type ProjectView = z.infer<typeof ProjectView>;

/** What the API requires of the controller for projects. */
export interface ProjectService {
  /** The projects with policies or with quotas of their own, in order of their names; with a name: that one alone. */
  listProjects(project?: string): Promise<readonly ProjectView[]>;
}
