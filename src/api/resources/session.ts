// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from "fastify";
import { LOCAL } from "../../access/identity.ts";
import { allows, OPERATION_ROWS } from "../../access/operations.ts";
import { LoginInput, SessionView } from "../../contract/session.ts";
import { defined } from "../../lang/defined.ts";
import { unidentifiedProblem } from "../access/access-problems.ts";
import { type AccessDeps, authenticate, logLock } from "../access/authorized-requests.ts";
import { beginSession, endSession } from "../access/begun-session.ts";
import { presentMoment } from "../access/present-moment.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound } from "../http/rejections.ts";
import { bodyProblems, empty, json, problems } from "../http/responses.ts";
import { checked } from "../written-document.ts";

const URL = `${BASE}/session`;
const tags = ["session"];

/** Longest body of a login, which everyone may send. */
const BODY_BYTES = 16 * 1024;

/** `/session`. */
export function session(app: Api, { access }: ApiContext): void {
  app.get(
    URL,
    {
      // The token against forged requests: how well it compresses would reveal it.
      config: { hasSecret: true },
      schema: {
        tags,
        operationId: "getSession",
        summary: "Get who uses the server, what that allows, and how to log in",
        description:
          "Needs no identity: without one, or with the cookie of a session that has ended, the answer says how to log in.",
        querystring: NoQuery,
        response: { 200: json(SessionView, "The session."), ...problems(400, 429, 503) },
      },
    },
    async (request) => {
      if (!access) return { authentication: false };
      const outcome = await authenticate(request, access);
      if (outcome.type === "locked" || outcome.type === "unavailable") {
        throw new ProblemException(unidentifiedProblem(outcome));
      }
      if (outcome.type === "identified") request.identity = outcome.identity;
      return sessionView(request, access);
    },
  );
  beginWithToken(app, access);
  app.delete(
    URL,
    {
      schema: {
        tags,
        operationId: "endSession",
        summary: "End the session of the browser",
        querystring: NoQuery,
        response: { 204: empty("It has ended; the cookie is deleted."), ...problems(400) },
      },
    },
    (request, reply) => {
      if (access) {
        endSession(request, access);
        access.cookies.clearSession(reply);
      }
      reply.code(204).send();
    },
  );
}

function beginWithToken(app: Api, access: AccessDeps | undefined): void {
  app.post(
    URL,
    {
      bodyLimit: BODY_BYTES,
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "beginSession",
        summary: "Begin a session of the browser with a token",
        description:
          "The answer sets a cookie. Invalid tokens lock the address as those in the header do.",
        querystring: NoQuery,
        body: LoginInput,
        response: {
          200: json(SessionView, "The session."),
          ...bodyProblems,
          ...problems(401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      if (!access) throw new ProblemException(withoutSessions());
      const { token } = checked(LoginInput, objectBody(request, "login"), "login");
      const address = request.socket.remoteAddress ?? "";
      const credentials = { authorization: `Bearer ${token}`, address };
      const outcome = await access.authenticator.authenticate(credentials, presentMoment());
      logLock(outcome, address, access.logger);
      if (outcome.type !== "identified") throw new ProblemException(unidentifiedProblem(outcome));
      beginSession(request, reply, outcome.identity, access);
      return sessionView(request, access);
    },
  );
}

/** There are sessions only where clients are identified. */
function withoutSessions() {
  return notFound(
    "this server has no authentication (setting auth): there is nothing to log in to",
  );
}

function sessionView(request: FastifyRequest, { authenticator }: AccessDeps): SessionView {
  const isOffered = authenticator.login !== undefined;
  const methods = isOffered ? (["token", "oidc"] as const) : (["token"] as const);
  const identity: FastifyRequest["identity"] | undefined = request.identity;
  if (identity === undefined || identity === LOCAL) return { authentication: true, methods };
  const { user, role, project } = identity;
  const now = presentMoment();
  const session = authenticator.sessions.of(identity, now);
  const ends = session && authenticator.sessions.endsOf(session, now);
  return {
    authentication: true,
    ...{ methods, user, role, ...defined({ project }) },
    operations: OPERATION_ROWS.filter(([, rule]) => allows(rule, identity)).map(([name]) => name),
    ...defined({
      csrf: session?.csrfToken,
      expiresAt: timeOf(ends?.endsAtMs ?? identity.expiresAtMs),
      idleUntil: timeOf(ends?.idleUntilMs),
    }),
  };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
