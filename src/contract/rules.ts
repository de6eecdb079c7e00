// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** A flow entry of OpenVTAP. */
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

/** A group of OpenVTAP. */
export const GroupView = z
  .object({
    groupId: z.int(),
    type: z.string().meta({ example: "all" }),
    buckets: z.array(z.string()).readonly().meta({ description: "Actions, in ovs-ofctl syntax." }),
  })
  .meta({ id: "Group" });
export type GroupView = z.infer<typeof GroupView>;

/** A group that has no id yet. */
export const DesiredGroupView = GroupView.omit({ groupId: true });
export type DesiredGroupView = z.infer<typeof DesiredGroupView>;
