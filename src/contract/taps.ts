// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { projectText } from "../topology/index.ts";
import type { Cause } from "./audit/actor.ts";
import type { Rejection, WaitOptions } from "./rejection.ts";
import { Dpid } from "./scalars.ts";

const text = z.string().min(1).max(200);

const suspensionNotes = {
  reason: text
    .exactOptional()
    .meta({ description: "The reason; shown in the status of every policy." }),
  by: text.exactOptional().meta({
    description:
      "Who suspends: the user of the token; on a server without authentication, what the client states.",
  }),
};

const project = projectText.exactOptional().meta({
  description:
    "Only taps of policies of this project; absent: all taps. For an identity of a project: its own.",
});

/** The body of a suspension. */
export const SuspendInput = z
  .strictObject({ project, ...suspensionNotes })
  .meta({ id: "Suspension", examples: [{ reason: "maintenance window", by: "alice" }] });
export type SuspendInput = z.infer<typeof SuspendInput>;

/** The body of a resumption. */
export const ResumeInput = z.strictObject({ project }).meta({ id: "Resumption", examples: [{}] });
export type ResumeInput = z.infer<typeof ResumeInput>;

/** A suspension that is in effect. */
export const Suspension = z.object({ since: z.iso.datetime(), ...suspensionNotes });
export type Suspension = z.infer<typeof Suspension>;

const unstored = z.string().exactOptional().meta({
  description:
    "Why the suspension is not on disk, and what to do; absent: it is. It is in effect and is written, with its record of the audit log, as soon as the disk works; a restart before that would resume the taps.",
});

/** The suspension of the taps of a project. */
const ProjectSuspensionView = z.object({
  project: z.string(),
  state: z.enum(["suspending", "suspended"]).meta({
    description:
      "suspending: a connected switch has not confirmed the change of its rules. A switch that is not connected may go on making copies.",
  }),
  ...Suspension.shape,
  byProject: z.boolean().meta({
    description:
      "Whether an identity of the project has suspended them: such a one may resume them. Otherwise only one of the whole network may.",
  }),
  unstored,
});

/** Whether taps run. */
export const TapsView = z
  .object({
    state: z.enum(["running", "suspending", "suspended"]).meta({
      description:
        "suspending: suspended, but some switch may still make copies; see remaining. suspended: every switch has confirmed that it makes no copies.",
    }),
    since: z.iso.datetime().exactOptional(),
    ...suspensionNotes,
    unstored,
    unrecorded: z.int().min(1).exactOptional().meta({
      description:
        "How many records of the audit log wait for the disk, of taps that were suspended and resumed while it failed. Absent: none.",
    }),
    remaining: z
      .array(
        z.object({
          dpid: Dpid,
          switch: z.string(),
          rules: z.int().min(0).exactOptional().meta({
            description: "Tap rules that the switch holds; absent if that is not known.",
          }),
          why: z.string(),
        }),
      )
      .readonly()
      .meta({ description: "While suspending: the switches that may still make copies." }),
    projects: z
      .array(ProjectSuspensionView)
      .readonly()
      .meta({ description: "Projects whose taps are suspended." }),
    policies: z
      .array(z.object({ id: z.string(), since: z.iso.datetime(), reason: z.string(), unstored }))
      .readonly()
      .meta({ description: "Policies that the guard has suspended." }),
  })
  .meta({ id: "Taps" });
export type TapsView = z.infer<typeof TapsView>;

/** A switch that may still make or carry copies. */
export type RemainingCopies = TapsView["remaining"][number];

export type TapsOutcome = { readonly type: "done" } | Rejection;

/** What the API requires of the controller for suspending taps. */
export interface TapsService {
  taps(): TapsView;
  /** Removes every copy, or those of a project, from the switches; does nothing if that is done already. */
  suspendTaps(notes: SuspendInput, cause: Cause): Promise<TapsOutcome>;
  /** Resumes all taps but those of projects that are suspended by themselves, or those of a project. */
  resumeTaps(which: ResumeInput, cause: Cause): Promise<TapsOutcome>;
  /**
   * Resolves when no switch makes or carries copies (suspended), or when every connected switch holds
   * its desired entries (running); otherwise after `timeoutMs`, or when `signal` aborts. Never rejects.
   */
  whenTapsSettled(options: WaitOptions): Promise<void>;
  /** Resumes a policy that the guard has suspended; does nothing if it has not. */
  resumePolicy(id: string, cause: Cause): Promise<TapsOutcome>;
}
