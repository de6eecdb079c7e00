// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

const count = z.int().min(0);
const Amount = z.object({ packets: count, bytes: count });

const totals = {
  copied: Amount.meta({
    description:
      "Copies made by rewriting rules, one for each monitor of a frame. A rule shared by several policies counts for each of them.",
  }),
  delivered: Amount.meta({
    description:
      "Copies that arrived: counted by the recovery rule of the monitor's switch or, for a monitor on the switch that makes the copy, when the copy is sent. If several policies share a recovery rule, which counts their copies together, and some copies are lost, the arrivals are divided in proportion to the copies made.",
  }),
  loss: z.object({ packets: count }).meta({
    description:
      "Copies known to be lost: they had not arrived by the time they should have been counted. A lower bound: a copy that is neither delivered nor lost is in transit, or its counter was lost by a switch.",
  }),
};

/** How many copies a policy made, and how many arrived. No value ever decreases. */
export const CountersView = z
  .object({
    ...totals,
    since: z.iso.datetime().meta({
      description:
        "When counting began. Editing a policy keeps its counters; a policy that is deleted and created again starts at zero.",
    }),
    readAt: z.iso.datetime().nullable().meta({
      description:
        "Every switch concerned was read at this time or later, and no copies made until then are left out of the figures because rules had just changed. null: some switch has not been read since the start, or no switch holds rules of the policy.",
    }),
    exact: z.boolean().meta({
      description:
        "true: these are the copies made and arrived since counting began. false: a rule that makes copies for this policy also copies frames that only other policies request, and all of these copies are counted here; or copies are, or may be, missing, because rules changed under traffic, or a count was lost with a switch or a controller.",
    }),
  })
  .meta({ id: "PolicyCounters" });
export type CountersView = z.infer<typeof CountersView>;

/** The counters of a policy for each monitor. */
export const CountersDetailView = CountersView.extend({
  id: z.string(),
  monitors: z
    .array(z.object({ monitor: z.string(), ...totals, exact: z.boolean() }))
    .readonly()
    .meta({
      description: "By monitor as the policy names it; includes monitors of earlier revisions.",
    }),
}).meta({ id: "PolicyCountersDetail" });
export type CountersDetailView = z.infer<typeof CountersDetailView>;

/** What the API requires of the controller for counters. */
export interface PolicyCountersService {
  getPolicyCounters(id: string): CountersDetailView | undefined;
}
