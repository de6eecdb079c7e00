// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { PolicyState } from "./policies.ts";
import { Suspension } from "./taps.ts";

const count = z.int().min(0);

/** Whether writes reach the disk. */
const StorageView = z.object({
  state: z.enum(["working", "failing"]).meta({
    description: "failing: changes are rejected (503) until the disk works; vtap tries by itself.",
  }),
  since: z.iso.datetime().exactOptional(),
  reason: z.string().exactOptional().meta({ description: "The file, what is wrong, what to do." }),
});

/** An address on which switches connect. */
const OpenFlowAddress = z.object({
  host: z.string().meta({
    description: "As the settings name it: 0.0.0.0 and :: are all addresses of the server.",
  }),
  port: z.int(),
  tls: z.boolean(),
});
export type OpenFlowAddress = z.infer<typeof OpenFlowAddress>;

/** The controller at a glance. */
export const StatusView = z
  .object({
    version: z.string(),
    startedAt: z.iso.datetime(),
    ready: z.boolean(),
    policies: z.object({
      total: count,
      byState: z.object({
        disabled: count,
        expired: count,
        suspended: count,
        pending: count,
        active: count,
        degraded: count,
        error: count,
      } satisfies Record<PolicyState, typeof count>),
    }),
    switches: z.object({
      configured: count,
      accepted: count,
      quarantined: count,
      connected: count,
    }),
    storage: StorageView,
    openflow: z.array(OpenFlowAddress).readonly().exactOptional().meta({
      description:
        "Where switches connect, the address without TLS first. Absent for an identity of a project.",
    }),
    previews: z.boolean().meta({
      description: "Whether clients may see copies, with what the frames contain.",
    }),
    taps: z
      .object({ state: z.enum(["running", "suspended"]), ...Suspension.partial().shape })
      .meta({ description: "Whether taps are suspended: since when, by whom and why." }),
    links: count,
    hosts: count,
  })
  .meta({ id: "Status" });
export type StatusView = z.infer<typeof StatusView>;

/** Whether the controller is ready to serve, and what it still waits for. */
interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** What the API requires of the controller for its status. */
export interface StatusService {
  /** With a project: its policies, switches, links and hosts are counted. */
  status(project?: string): Promise<StatusView>;
  readiness(): Readiness;
}

/** What the API requires of the controller when it closes. */
export interface StoppingService {
  /**
   * Ends what requests wait for: the promise of each that has not begun to write rejects with a
   * `QueueClosedError`, and has changed nothing. A write that the disk has begun goes on to its outcome.
   */
  abandon(): void;
}
