// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

/** Who uses the server, and what that allows. */
export const SessionView = z
  .object({
    authentication: z.boolean().meta({
      description:
        "Whether the server identifies its clients. `false`: every client may do everything, and there is nothing to log in to.",
    }),
    methods: z
      .array(z.enum(["token", "oidc"]))
      .readonly()
      .exactOptional()
      .meta({
        description:
          "How to log in: `token`: `POST /api/v1/session`; `oidc`: the browser opens `/api/v1/session/oidc/login`.",
      }),
    user: z.string().exactOptional().meta({ description: "Absent: not logged in." }),
    role: z.string().exactOptional(),
    project: z.string().exactOptional(),
    operations: z.array(z.string()).readonly().exactOptional().meta({
      description: "What the role may do, such as `PUT /api/v1/policies/{id}`.",
    }),
    csrf: z.string().exactOptional().meta({
      description:
        "What the header `X-CSRF-Token` of every request but GET and HEAD must be. Absent: the request shows a token or a certificate itself.",
    }),
    expiresAt: z.iso.datetime().exactOptional().meta({
      description: "The end of the session, or of the token. Absent: there is none.",
    }),
    idleUntil: z.iso.datetime().exactOptional().meta({
      description: "The end of the session if it sends no further request.",
    }),
  })
  .meta({ id: "Session" });
export type SessionView = z.infer<typeof SessionView>;

/** A login with a token. */
export const LoginInput = z
  .strictObject({
    token: z.string().min(1).max(8192).meta({
      description: "A token of `vtap token create`, or a JWT of the OpenID Connect issuer.",
    }),
  })
  .meta({ id: "Login" });
