// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Rejection } from "../rejection.ts";

/** Bytes of a frame that is shown whole. */
export const WHOLE_FRAME = 65_535;

/** What a client asks to see of a policy's copies; every member is optional. */
export const PreviewInput = z
  .strictObject({
    packets: z.int().min(1).max(10_000).default(100).meta({
      description: "The preview ends after this many frames.",
    }),
    seconds: z.int().min(1).max(300).default(10).meta({
      description: "The preview ends after this time.",
    }),
    bytes: z.int().min(16).max(WHOLE_FRAME).default(256).meta({
      description: "Bytes of each frame that are shown, from its beginning.",
    }),
    whole: z.boolean().default(false).meta({
      description: "true: frames are shown whole, whatever `bytes` is.",
    }),
    monitor: z.string().exactOptional().meta({
      description:
        "The monitor whose copies are shown, as the policy names it. Default: the first.",
    }),
  })
  .meta({ id: "PreviewRequest" });
export type PreviewInput = z.infer<typeof PreviewInput>;

/** Frames as a monitor gets them, while they arrive. */
interface Preview {
  /** As the policy names it. */
  readonly monitor: string;
  /** A pcapng file in parts, each of whole blocks. Ends with the preview. */
  readonly parts: AsyncIterable<Uint8Array>;
}

/** Why a policy's copies are not shown now. */
export interface NotPreviewed {
  readonly type: "notPreviewed";
  readonly detail: string;
  /** The policies whose copies cannot be distinguished from those of the policy. */
  readonly others?: readonly string[];
}

export type PreviewOutcome =
  | { readonly type: "previewing"; readonly preview: Preview }
  | { readonly type: "previewsOff" }
  /** There are as many previews as there may be. */
  | { readonly type: "previewsTaken"; readonly limit: number }
  | NotPreviewed
  | Rejection;

/** What the API requires of the controller for previews. */
export interface PreviewService {
  /** Shows copies of a policy from now on, until the signal aborts at the latest. */
  previewPolicy(id: string, request: PreviewInput, signal: AbortSignal): Promise<PreviewOutcome>;
}
