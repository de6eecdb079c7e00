// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { Dpid } from "../scalars.ts";

/** A peer whose OpenFlow connections were rejected. */
export const RejectedConnection = z
  .object({
    address: z.string().meta({ description: "Address of the peer, without the port." }),
    dpid: Dpid.exactOptional().meta({
      description:
        "The datapath id that the peer reported; absent if the connection ended before that.",
    }),
    reason: z
      .string()
      .meta({ description: "Why the latest connection was rejected, as a clause." }),
    count: z.int().min(1).meta({ description: "Number of its rejected connections." }),
    at: z.iso.datetime().meta({ description: "When the latest connection was rejected." }),
  })
  .meta({ id: "RejectedConnection" });
export type RejectedConnection = z.infer<typeof RejectedConnection>;

/** The peers whose connections were rejected. */
export const RejectedConnectionsView = z
  .object({
    items: z.array(RejectedConnection).readonly().meta({
      description: "The latest 100 peers, the latest first.",
    }),
    total: z.int().min(0).meta({ description: "Rejected connections since the start." }),
  })
  .meta({ id: "RejectedConnections" });
export type RejectedConnectionsView = z.infer<typeof RejectedConnectionsView>;

/** What the API requires of the controller for rejected connections. */
export interface RejectedConnectionsService {
  rejectedConnections(): RejectedConnectionsView;
}
