// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { AttachmentView } from "./attachment.ts";
import { MacText } from "./scalars.ts";

const place = z.object({
  kind: z.literal("place").meta({
    description: "A host with a configured place was seen at another port. It is not moved.",
  }),
  mac: MacText,
  at: AttachmentView,
});
const address = z.object({
  kind: z.literal("address").meta({ description: "Two hosts use one IP address." }),
  ip: z.string(),
  macs: z.array(MacText).readonly(),
});
const flapping = z.object({
  kind: z.literal("flapping").meta({
    description: "A host is seen alternately at two ports. It is kept at one of them.",
  }),
  mac: MacText,
  held: AttachmentView,
  at: AttachmentView,
});

/** Contradictory observations of hosts. */
export const ConflictView = z
  .discriminatedUnion("kind", [place, address, flapping])
  .meta({ id: "HostConflict" });
export type ConflictView = z.infer<typeof ConflictView>;

const history = {
  since: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  count: z.int().meta({ description: "Number of frames that showed it." }),
};

/** A conflict with its history. */
export const ConflictHistoryView = z
  .discriminatedUnion("kind", [
    place.extend(history),
    address.extend(history),
    flapping.extend(history),
  ])
  .meta({ id: "HostConflictHistory" });
export type ConflictHistoryView = z.infer<typeof ConflictHistoryView>;
