// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { RuleView } from "../rules.ts";

/** A flow entry of another application. */
const ForeignRuleView = RuleView.omit({ category: true });
export type ForeignRuleView = z.infer<typeof ForeignRuleView>;

/** Entries of other applications that take frames before rules of OpenVTAP. */
export const OverridingEntriesView = z
  .object({
    count: z.int().min(0),
    first: z
      .array(ForeignRuleView)
      .readonly()
      .meta({ description: "At most five of them, highest priority first." }),
  })
  .meta({
    id: "OverridingEntries",
    description:
      "Flow entries of other applications, as last read, that take frames before rules of OpenVTAP that make, carry or recover copies: frames that match both are not copied.",
  });
export type OverridingEntriesView = z.infer<typeof OverridingEntriesView>;
