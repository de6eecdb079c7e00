// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { RefusedEntriesView } from "./entries/refused-entries.ts";

/** How many entries, groups and meters differed from what the switch had confirmed. */
export const DriftView = z
  .object({ missing: z.int(), changed: z.int(), unexpected: z.int() })
  .meta({ id: "Drift" });
export type DriftView = z.infer<typeof DriftView>;

/** The outcome of reading a switch again. */
export const ResyncView = z
  .object({
    dpid: z.string(),
    name: z.string(),
    state: z.enum(["inSync", "repaired", "underWay", "notConnected"]).meta({
      description:
        "`inSync`: the tables were as the switch had confirmed them. `repaired`: they were not; see `drift`. `underWay`: the resync takes longer than the request waits. Entries that still differ from the desired state are in `refused`.",
    }),
    drift: DriftView.exactOptional().meta({
      description: "Entries, groups and meters that differed from what the switch had confirmed.",
    }),
    refused: RefusedEntriesView.exactOptional().meta({
      description:
        "Entries that differ from the desired state all the same. Absent while under way.",
    }),
  })
  .meta({ id: "Resync" });
export type ResyncView = z.infer<typeof ResyncView>;

/** What the API requires of the controller for resyncs. `dpid` is a name or a datapath id. */
export interface ResyncService {
  /** Reads a switch again and repairs it; undefined if there is no such switch. */
  resyncSwitch(dpid: string): Promise<ResyncView | undefined>;
  /** Reads every connected switch again and repairs it; returns all switches, by datapath id. */
  resyncSwitches(): Promise<readonly ResyncView[]>;
}
