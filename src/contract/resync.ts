import { z } from "zod";
import { Drift } from "./drift.ts";
import { RefusedEntries } from "./refused-entries.ts";

/** What became of reading a switch again. */
export const ResyncView = z
  .object({
    dpid: z.string(),
    name: z.string(),
    state: z.enum(["inSync", "repaired", "underWay", "notConnected"]).meta({
      description:
        "`inSync`: the tables were as the switch had confirmed; `repaired`: they were not, see `drift`. Whether they are as they are wanted now, says `refused`. `underWay`: it takes longer than the request waits.",
    }),
    drift: Drift.exactOptional().meta({
      description: "Entries, groups and meters that were not as the switch had confirmed.",
    }),
    refused: RefusedEntries.exactOptional().meta({
      description: "What is not as it is wanted all the same. Absent while it is under way.",
    }),
  })
  .meta({ id: "Resync" });
export type ResyncView = z.infer<typeof ResyncView>;
