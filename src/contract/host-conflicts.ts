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
const former = z.object({
  kind: z.literal("former").meta({
    description:
      "A host has moved, and frames of it are still seen at a port that it has left. Frames from both ports are copied.",
  }),
  mac: MacText,
  at: AttachmentView,
  former: AttachmentView,
});
const mark = z.object({
  kind: z.literal("mark").meta({
    description:
      "A host that nothing names has an address of the ranges of tap marks. It is not learned; one for each port.",
  }),
  mac: MacText,
  at: AttachmentView,
});

const monitor = z.object({
  kind: z.literal("monitor").meta({
    description:
      "A learned host that a policy names as monitor, or its address, was seen at another port. It is kept at `held`.",
  }),
  mac: MacText,
  held: AttachmentView,
  at: AttachmentView,
  by: z.object({ mac: MacText, ip: z.string() }).exactOptional().meta({
    description:
      "Another host, which uses the monitor's address; absent: its MAC address was seen.",
  }),
});

/** Contradictory observations of hosts. */
export const ConflictView = z
  .discriminatedUnion("kind", [place, address, flapping, monitor, former, mark])
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
    monitor.extend(history),
    former.extend(history),
    mark.extend(history),
  ])
  .meta({ id: "HostConflictHistory" });
export type ConflictHistoryView = z.infer<typeof ConflictHistoryView>;
