// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Identity } from "../../access/identity.ts";
import { allows, OPERATIONS } from "../../access/operations.ts";
import { SESSION_BYTES } from "../../access/sessions/sessions.ts";
import { ProblemException } from "../http/problem.ts";
import { forbiddenProblem } from "./access-problems.ts";
import type { AccessDeps } from "./authorized-requests.ts";
import { presentMoment } from "./present-moment.ts";

/** A session is for everyone who may end one: any role. */
const RULE = OPERATIONS["DELETE /api/v1/session"];

/**
 * Begins the session of a browser whose user is identified, in place of the one that the browser has.
 *
 * @throws ProblemException 403 without a role.
 */
export function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  holder: Identity,
  { authenticator, cookies, logger }: AccessDeps,
): void {
  request.identity = holder;
  if (!allows(RULE, holder)) throw new ProblemException(forbiddenProblem(RULE, holder));
  endSession(request, { authenticator, cookies });
  const secrets = { secret: randomBytes(SESSION_BYTES), csrf: randomBytes(SESSION_BYTES) };
  const { session, secret } = authenticator.openSession(holder, secrets, presentMoment());
  request.identity = session.identity;
  cookies.setSession(reply, secret);
  const { id: token, user, role, project, session: name } = session.identity;
  const address = request.socket.remoteAddress;
  logger.info({ session: name, user, role, project, token, address }, "a session begins");
}

/** Ends the session of the browser, if it has one. */
export function endSession(
  request: FastifyRequest,
  { authenticator: { sessions }, cookies }: Pick<AccessDeps, "authenticator" | "cookies">,
): void {
  const secret = cookies.session(request);
  const session = secret === undefined ? undefined : sessions.use(secret, presentMoment());
  if (session) sessions.end(session);
}
