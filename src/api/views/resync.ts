import { z } from "zod";

/** What became of reading a switch again. */
export const ResyncView = z
  .object({
    dpid: z.string(),
    name: z.string(),
    state: z.enum(["inSync", "repaired", "underWay", "notConnected"]).meta({
      description: "`underWay`: it takes longer than the request waits.",
    }),
    drift: z
      .object({ missing: z.int(), changed: z.int(), unexpected: z.int() })
      .exactOptional()
      .meta({
        description: "Entries, groups and meters that were not as the switch had confirmed.",
      }),
  })
  .meta({ id: "Resync" });
export type ResyncView = z.infer<typeof ResyncView>;
