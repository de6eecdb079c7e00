import { z } from "zod";
import { Dpid } from "./scalars.ts";

const text = z.string().min(1).max(200);

/** What may be said of a suspension. */
export const saidOfSuspension = {
  reason: text.exactOptional().meta({ description: "Why; part of the status of every policy." }),
  by: text.exactOptional().meta({ description: "Who, as he says." }),
};

/** The body of a suspension. */
export const SuspendInput = z.strictObject(saidOfSuspension).meta({ id: "Suspension" });
export type SuspendInput = z.infer<typeof SuspendInput>;

/** Whether taps run. */
export const TapsView = z
  .object({
    state: z.enum(["running", "suspending", "suspended"]).meta({
      description:
        "suspending: suspended, but some switch may still make copies; see remaining. suspended: every switch has confirmed that no copy is left.",
    }),
    since: z.iso.datetime().exactOptional(),
    ...saidOfSuspension,
    remaining: z
      .array(
        z.object({
          dpid: Dpid,
          switch: z.string(),
          rules: z.int().min(0).exactOptional().meta({
            description: "Rules of taps that it holds; absent when that is not known.",
          }),
          why: z.string(),
        }),
      )
      .readonly()
      .meta({ description: "While suspending: the switches that may still make copies." }),
    policies: z
      .array(z.object({ id: z.string(), since: z.iso.datetime(), reason: z.string() }))
      .readonly()
      .meta({ description: "Policies that the guard has suspended." }),
  })
  .meta({ id: "Taps" });
export type TapsView = z.infer<typeof TapsView>;
