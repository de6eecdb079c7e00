// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** The user of every request to a server without authentication. */
export const ANONYMOUS = "anonymous";

/** Who sends a request. */
export const Actor = z
  .object({
    user: z.string().exactOptional().meta({
      description:
        "The user of the token; `anonymous` on a server without authentication. Absent: the sender was not identified.",
    }),
    token: z.string().exactOptional().meta({ description: "The id of the token." }),
    session: z.string().exactOptional().meta({
      description:
        "The name of the browser session that the token has begun. Absent: the request has shown the token itself.",
    }),
    role: z.string().exactOptional(),
    project: z.string().exactOptional(),
    address: z.string().meta({ description: "The address from which the request came." }),
  })
  .meta({ id: "Actor" });
export type Actor = z.infer<typeof Actor>;

/** Why something is changed: who asks for it, by which operation, and the reason that is stated. */
export interface Cause {
  readonly actor: Actor;
  /** Such as `PUT /api/v1/policies/{id}`. */
  readonly operation: string;
  /** As the request states it beside a document; a policy has its own. */
  readonly reason?: string;
}
