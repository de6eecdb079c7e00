// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from "fastify";
import { type Identity, LOCAL } from "../../access/identity.ts";
import { type Actor, ANONYMOUS, type Cause } from "../../contract/audit/actor.ts";
import { defined } from "../../lang/defined.ts";

/** Who sends a request; without a user if that was not found out. */
export function actorOf({ identity, socket }: FastifyRequest): Actor {
  const address = socket.remoteAddress ?? "";
  const known: (Identity & { readonly project?: string }) | undefined = identity;
  if (known === undefined) return { address };
  if (known === LOCAL) return { user: ANONYMOUS, address };
  const { id: token, user, session, role, project } = known;
  return { user, token, ...defined({ session }), role, ...defined({ project }), address };
}

/** Why a request changes something. */
export function causeOf(request: FastifyRequest): Cause {
  const { operation = "" } = request.routeOptions.config;
  const { reason } = request.query as { readonly reason?: string };
  return { actor: actorOf(request), operation, ...defined({ reason }) };
}
