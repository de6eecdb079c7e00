import { z } from "zod";

/** How many entries, groups and meters were not as a switch had confirmed them. */
export const Drift = z
  .object({ missing: z.int(), changed: z.int(), unexpected: z.int() })
  .meta({ id: "Drift" });
