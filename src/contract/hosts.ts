// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { AttachmentView } from "./attachment.ts";
import type { Cause } from "./audit/actor.ts";
import { ConflictHistoryView } from "./host-conflicts.ts";
import type { DeleteOutcome, Rejection } from "./rejection.ts";
import { type JsonObject, MacText } from "./scalars.ts";

/** A host on a switch port. */
export const HostView = AttachmentView.extend({
  name: z.string().exactOptional(),
  mac: MacText,
  ips: z.array(z.string()).readonly().meta({ description: "IPv4 and IPv6 addresses." }),
  vlans: z.array(z.int()).readonly().exactOptional().meta({
    description: "VLAN ids of the host's tagged frames; learned hosts only.",
  }),
  role: z.literal("monitor").exactOptional().meta({
    description:
      "monitor: only copies leave by its port, and what enters is dropped, unless a host without this role is named there, too.",
  }),
  sharedPort: z.boolean().exactOptional().meta({
    description: "Copies may leave by its port although several hosts are known there.",
  }),
  project: z.string().exactOptional().meta({
    description:
      "The project (tenant) to which the host belongs; of a learned host, that of its port.",
  }),
  iface: z.string().exactOptional().meta({
    description: "The `iface-id` of its interface; only where a database names the host.",
  }),
  workloads: z.array(z.string()).readonly().exactOptional().meta({
    description: "The names of its workload; only where a database names the host.",
  }),
  network: z.string().exactOptional().meta({
    description: "The name of its virtual network, where OVN or the ports file states it.",
  }),
  origin: z.enum(["file", "api", "ovsdb", "learned"]).meta({
    description:
      "Named in a topology file, added over REST, named by the database of its switch, or learned from its frames.",
  }),
  lastSeen: z.iso.datetime().exactOptional().meta({
    description: "When the host last announced itself; learned hosts only.",
  }),
  conflicts: z.array(ConflictHistoryView).readonly().exactOptional().meta({
    description: "Contradictory observations of the host.",
  }),
}).meta({ id: "Host" });
export type HostView = z.infer<typeof HostView>;

type HostWriteOutcome =
  | { readonly type: "created"; readonly host: HostView }
  | { readonly type: "replaced"; readonly host: HostView }
  | Rejection;

/** What a set of hosts did. */
export const AppliedHosts = z
  .object({
    created: z.int(),
    replaced: z.int(),
    unchanged: z.int(),
    deleted: z.int().meta({ description: "Hosts that are not in the set; with prune only." }),
  })
  .meta({ id: "AppliedHosts", description: "Numbers of hosts by what the set did with them." });
export type AppliedHosts = z.infer<typeof AppliedHosts>;

export type HostSetOutcome = ({ readonly type: "applied" } & AppliedHosts) | Rejection;

/** Selects a range of the hosts in the order of their MAC addresses. */
export interface HostListQuery {
  /** Only hosts after this one. */
  readonly after?: string;
  /** At most this many. */
  readonly limit: number;
  /** Only hosts of this project. */
  readonly project?: string;
}

/** What the API requires of the controller for hosts. */
export interface HostService {
  /** Hosts in the order of their MAC addresses, after this one. */
  listHosts(query: HostListQuery): {
    readonly items: readonly HostView[];
    /** Whether there are further ones. */
    readonly more: boolean;
  };
  /** Adds or moves a host; read-only when a topology file names it. */
  putHost(document: JsonObject, cause: Cause): Promise<HostWriteOutcome>;
  /** Adds or moves all hosts of a set, or none; `prune` deletes the added hosts that are not in it. */
  applyHosts(
    set: readonly unknown[],
    options: { readonly prune: boolean },
    cause: Cause,
  ): Promise<HostSetOutcome>;
  /** `mac` as the client wrote it. */
  deleteHost(mac: string, cause: Cause): Promise<DeleteOutcome>;
}
