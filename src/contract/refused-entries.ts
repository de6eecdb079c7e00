import { z } from "zod";

/** Entries that a switch refuses, or that somebody else's are in the place of. */
export const RefusedEntries = z
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
              "The error of the switch in words, or which flow entry of another application is in its place, and what to do.",
          }),
        }),
      )
      .readonly()
      .meta({ description: "Five of them at most." }),
  })
  .meta({
    id: "RefusedEntries",
    description:
      "Entries of OpenVTAP that are not on the switch as they are wanted and are not tried again by themselves: the switch refused them, or a flow entry of another application with the same match and priority is in their place.",
  });
export type RefusedEntries = z.infer<typeof RefusedEntries>;
