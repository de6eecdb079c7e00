// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** Entries that a switch refused, or whose place a flow entry of another application occupies. */
export const RefusedEntriesView = z
  .object({
    count: z.int().min(0),
    first: z
      .array(
        z.object({
          entry: z.string().meta({
            description: "Table, priority and match, in ovs-ofctl syntax.",
            example: "table=0,priority=10064,dl_dst=fa:00:00:00:00:02",
          }),
          reason: z.string().meta({
            description:
              "The switch's error in words, or the flow entry of another application that occupies its place, and the remedy.",
          }),
        }),
      )
      .readonly()
      .meta({ description: "At most five of them." }),
  })
  .meta({
    id: "RefusedEntries",
    description:
      "Desired entries of OpenVTAP that are not on the switch and are not retried automatically: the switch refused them, or a flow entry of another application has the same match and priority.",
  });
export type RefusedEntriesView = z.infer<typeof RefusedEntriesView>;
