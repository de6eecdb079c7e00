// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { Dpid } from "./scalars.ts";

/** One end of a link, or where a host is attached. */
export const AttachmentView = z
  .object({
    switch: z.string().meta({ description: "Name of the switch." }),
    dpid: Dpid,
    port: z.union([z.int(), z.string()]).meta({
      description: "Port number, or the port's name while the switch has no such port.",
    }),
  })
  .meta({ id: "Attachment" });
export type AttachmentView = z.infer<typeof AttachmentView>;
