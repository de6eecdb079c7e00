// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** A policy that copies frames of a host. */
export const HostObserver = z
  .object({
    id: z.string().exactOptional().meta({
      description:
        "Absent of a policy of the network's administrators that is disclosed to a project.",
    }),
    name: z.string().exactOptional().meta({
      description: "The name of the policy; of one that is disclosed to a project, else its id.",
    }),
    monitors: z
      .array(z.string())
      .readonly()
      .exactOptional()
      .meta({ description: "The monitors that get copies of the host's frames; never disclosed." }),
    requester: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    project: z.string().exactOptional(),
    expiresAt: z
      .string()
      .exactOptional()
      .meta({ description: "When the policy ends; absent: never." }),
  })
  .meta({ id: "HostObserver" });
export type HostObserver = z.infer<typeof HostObserver>;

/** An observer in full. */
export type KnownObserver = HostObserver & { readonly id: string };

/** What the API requires of the controller for the observers of hosts. */
export interface ObserverService {
  /**
   * The policies that copy frames of a host, in order of their ids; `mac` as the client wrote it. Undefined: there
   * is no such host, or not of the project, where one is given.
   */
  hostObservers(mac: string, project?: string): Promise<readonly HostObserver[] | undefined>;
}
