// SPDX-License-Identifier: Apache-2.0
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import type { Authentication, Authenticator } from "../../access/authenticator.ts";
import { RequestRates } from "../../access/clients/request-rates.ts";
import { type Identity, LOCAL } from "../../access/identity.ts";
import { allows, isOpen, NO_OPERATION } from "../../access/operations.ts";
import { hasCsrfToken } from "../../access/sessions/sessions.ts";
import { type ProjectQuotas, quotaOf } from "../../contract/projects/quotas.ts";
import { READING } from "../http/foreign-pages.ts";
import { ProblemException } from "../http/problem.ts";
import {
  csrfProblem,
  forbiddenProblem,
  rateProblem,
  unidentifiedProblem,
} from "./access-problems.ts";
import { clientCertificate } from "./client-certificate.ts";
import { presentMoment } from "./present-moment.ts";
import type { SessionCookies } from "./session-cookies.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sends the request; of an open operation of a server with authentication: undefined until it finds out. */
    identity: Identity;
  }
}

/** What identifies clients. */
export interface AccessDeps {
  readonly authenticator: Authenticator;
  readonly cookies: SessionCookies;
  readonly quotas: ProjectQuotas;
  readonly logger: FastifyBaseLogger;
}

/**
 * Identifies the sender of every request and checks its role, before the body is read. Without an authenticator
 * every client may do everything.
 */
export function authorizeRequests(app: FastifyInstance, deps: AccessDeps | undefined): void {
  app.decorateRequest("identity");
  const quotas = deps?.quotas ?? {};
  const rates = new RequestRates((project) => quotaOf(quotas, project).requestsPerSecond);
  app.addHook("onRequest", async (request) => {
    if (!deps) {
      request.identity = LOCAL;
      return;
    }
    // A path without a route has no rule; what is there is not revealed to clients without a token.
    const rule = request.routeOptions.config?.rule ?? NO_OPERATION;
    if (isOpen(rule)) return;
    const outcome = await authenticate(request, deps);
    if (outcome.type !== "identified") throw new ProblemException(unidentifiedProblem(outcome));
    request.identity = outcome.identity;
    requireRate(request.identity, quotas, rates);
    requireCsrfToken(request, deps.authenticator);
    if (!allows(rule, request.identity)) {
      throw new ProblemException(forbiddenProblem(rule, request.identity));
    }
  });
}

/** Who sends a request, by all that it shows. */
export async function authenticate(
  request: FastifyRequest,
  { authenticator, cookies, logger }: AccessDeps,
): Promise<Authentication> {
  const { headers, socket } = request;
  const address = socket.remoteAddress ?? "";
  const { authorization, "x-auth-token": keystoneToken } = headers;
  const credentials = {
    ...{ authorization, address, connection: socket },
    keystoneToken: Array.isArray(keystoneToken) ? keystoneToken[0] : keystoneToken,
    // Beside a token they do not count.
    ...(authorization === undefined && {
      session: cookies.session(request),
      certificate: clientCertificate(socket),
    }),
  };
  const outcome = await authenticator.authenticate(credentials, presentMoment());
  logLock(outcome, address, logger);
  return outcome;
}

/** Logs that an address is locked, when that begins. */
export function logLock(outcome: Authentication, address: string, logger: FastifyBaseLogger): void {
  if (outcome.type !== "rejected" || outcome.locksForMs === 0) return;
  const seconds = outcome.locksForMs / 1000;
  logger.warn({ address, seconds }, "too many failed authentications: the address is locked");
}

/** A project that sends too much is refused before anything is done for it, so that others are served. */
function requireRate({ project }: Identity, quotas: ProjectQuotas, rates: RequestRates): void {
  if (project === undefined) return;
  const waitMs = rates.take(project, presentMoment().steadyMs);
  const { requestsPerSecond = 0 } = quotaOf(quotas, project);
  if (waitMs > 0) throw new ProblemException(rateProblem(project, requestsPerSecond, waitMs));
}

/**
 * Browsers send the cookie with requests of any page of this host. Only a page of this very server can read the token of
 * the session, so a request with it comes from there.
 */
function requireCsrfToken(request: FastifyRequest, { sessions }: Authenticator): void {
  const { identity, headers, method } = request;
  if (identity.session === undefined || READING.has(method)) return;
  const session = sessions.of(identity, presentMoment());
  const given = [headers["x-csrf-token"]].flat()[0];
  if (!session || !hasCsrfToken(session, given)) throw new ProblemException(csrfProblem());
}
