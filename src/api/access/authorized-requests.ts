// SPDX-License-Identifier: Apache-2.0
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator } from "../../access/authenticator.ts";
import { type Identity, LOCAL } from "../../access/identity.ts";
import { allows, isOpen, NO_OPERATION } from "../../access/operations.ts";
import { ProblemException } from "../http/problem.ts";
import { forbiddenProblem, unidentifiedProblem } from "./access-problems.ts";
import { clientCertificate } from "./client-certificate.ts";
import { presentMoment } from "./present-moment.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sends the request. */
    identity: Identity;
  }
}

/**
 * Identifies the sender of every request and checks its role, before the body is read. Without an authenticator
 * every client may do everything.
 */
export function authorizeRequests(
  app: FastifyInstance,
  authenticator: Authenticator | undefined,
  logger: FastifyBaseLogger,
): void {
  app.decorateRequest("identity");
  app.addHook("onRequest", async (request) => {
    // A path without a route has no rule; what is there is not revealed to clients without a token.
    const rule = request.routeOptions.config?.rule ?? NO_OPERATION;
    if (!authenticator || isOpen(rule)) {
      request.identity = LOCAL;
      return;
    }
    request.identity = await identify(request, authenticator, logger);
    if (!allows(rule, request.identity)) {
      throw new ProblemException(forbiddenProblem(rule, request.identity));
    }
  });
}

async function identify(
  { headers, socket }: FastifyRequest,
  authenticator: Authenticator,
  logger: FastifyBaseLogger,
): Promise<Identity> {
  const address = socket.remoteAddress ?? "";
  const { authorization, "x-auth-token": keystoneToken } = headers;
  const credentials = {
    ...{ authorization, keystoneToken: [keystoneToken].flat()[0], address },
    certificate: clientCertificate(socket),
  };
  const outcome = await authenticator.authenticate(credentials, presentMoment());
  if (outcome.type === "identified") return outcome.identity;
  if (outcome.type === "rejected" && outcome.locksForMs > 0) {
    const seconds = outcome.locksForMs / 1000;
    logger.warn({ address, seconds }, "too many failed authentications: the address is locked");
  }
  throw new ProblemException(unidentifiedProblem(outcome));
}
