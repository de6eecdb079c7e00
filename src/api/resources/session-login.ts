// SPDX-License-Identifier: Apache-2.0
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LoginService } from "../../access/sessions/login-service.ts";
import { SESSION_BYTES } from "../../access/sessions/sessions.ts";
import { digestOf } from "../../access/token.ts";
import { customIssue } from "../../topology/index.ts";
import { unidentifiedProblem } from "../access/access-problems.ts";
import { type AccessDeps, logLock } from "../access/authorized-requests.ts";
import { beginSession } from "../access/begun-session.ts";
import { presentMoment } from "../access/present-moment.ts";
import { type PendingLogin, SealedLogins } from "../access/sealed-logins.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { requestedAuthorities } from "../http/allowed-hosts.ts";
import { type Problem, ProblemException } from "../http/problem.ts";
import { notFound } from "../http/rejections.ts";
import { empty, problems } from "../http/responses.ts";

const URL = `${BASE}/session/oidc`;
const CALLBACK = `${URL}/callback`;
const tags = ["session"];

/** Only a fragment of the page: the browser stays at this server whatever it is. */
const returnTo = z.string().superRefine((text, context) => {
  if (/^#\/[\x21-\x7e]{0,1000}$/.test(text)) return;
  context.addIssue(customIssue("it is no fragment of the page", 'write it like "#/policies"'));
});

const LoginQuery = z.strictObject({
  return: returnTo.exactOptional().meta({
    description: "The fragment of the page to which the browser returns.",
    example: "#/policies",
  }),
});

/** Issuers add parameters of their own. @see RFC 6749 §4.1.2 */
const CallbackQuery = z.looseObject({
  state: z.string().exactOptional(),
  code: z.string().exactOptional(),
  error: z.string().exactOptional(),
  iss: z.string().exactOptional(),
});

/** `/session/oidc/login` and `/session/oidc/callback`: the code flow of OpenID Connect, for browsers. */
export function sessionLogin(app: Api, { access }: ApiContext): void {
  const logins = new SealedLogins();
  app.get(
    `${URL}/login`,
    {
      schema: {
        tags,
        operationId: "beginLogin",
        summary: "Send the browser to the OpenID Connect issuer, to log in",
        querystring: LoginQuery,
        response: { 302: empty("To the issuer."), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { login } = offered(access);
      const attempt: PendingLogin = {
        ...{ state: randomText(), nonce: randomText(), verifier: randomText() },
        redirectUrl: redirectUrlOf(request, login, offered(access)),
        returnTo: request.query.return ?? "",
      };
      const url = await login.begin(attempt, presentMoment());
      if (url === undefined) throw new ProblemException(unavailable());
      offered(access).cookies.setLogin(reply, logins.seal(attempt, presentMoment()));
      return redirect(reply, url);
    },
  );
  app.get(
    CALLBACK,
    {
      // It ends the login, which HEAD must not.
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: "endLogin",
        summary: "Begin the session of a browser that comes back from the issuer",
        querystring: CallbackQuery,
        response: { 302: empty("To the page."), ...problems(400, 401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      const deps = offered(access);
      const sealed = deps.cookies.login(request);
      const attempt = sealed === undefined ? undefined : logins.open(sealed, presentMoment());
      const { state, code, error, iss: issuer } = request.query;
      if (!attempt || state === undefined || !isSame(state, attempt.state)) {
        throw new ProblemException(notBegun());
      }
      // Once only, however it ends.
      deps.cookies.clearLogin(reply);
      if (code === undefined) throw new ProblemException(refused(error));
      const address = request.socket.remoteAddress ?? "";
      const answer = { code, issuer, address };
      const outcome = await deps.authenticator.logIn(attempt, answer, presentMoment());
      logLock(outcome, address, deps.logger);
      if (outcome.type !== "identified") throw new ProblemException(unidentifiedProblem(outcome));
      beginSession(request, reply, outcome.identity, deps);
      return redirect(reply, `/${attempt.returnTo}`);
    },
  );
}

/**
 * What a login needs.
 *
 * @throws ProblemException 404 where the auth file names no client of an issuer.
 */
function offered(access: AccessDeps | undefined): AccessDeps & { readonly login: LoginService } {
  const login = access?.authenticator.login;
  if (access && login) return { ...access, login };
  throw new ProblemException(
    notFound("this server offers no login at an issuer; oidc in the auth file needs a clientId"),
  );
}

function redirectUrlOf(
  request: FastifyRequest,
  { redirectUrl }: LoginService,
  { cookies }: AccessDeps,
): string {
  if (redirectUrl !== undefined) return redirectUrl;
  const [authority] = requestedAuthorities(request);
  return `${cookies.scheme}://${authority ?? "localhost"}${CALLBACK}`;
}

function redirect(reply: FastifyReply, url: string): FastifyReply {
  // A text of this server only: nothing of the request but the checked fragment is in it.
  return reply.code(302).header("location", url).send();
}

function randomText(): string {
  return randomBytes(SESSION_BYTES).toString("base64url");
}

function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

function notBegun(): Problem {
  return {
    status: 400,
    kind: "login-not-begun",
    title: "Login not begun",
    detail: `this browser has begun no such login in the last ten minutes; begin at ${URL}/login`,
  };
}

/** The issuer has not identified the user, or the user has refused. */
function refused(error: string | undefined): Problem {
  const said = error !== undefined && /^\w{1,64}$/.test(error) ? `: ${error}` : "";
  return {
    status: 403,
    kind: "login-refused",
    title: "Login refused",
    detail: `the OIDC issuer has not logged the user in${said}; begin again at ${URL}/login`,
  };
}

function unavailable(): Problem {
  return {
    status: 503,
    kind: "identity-unavailable",
    title: "Users cannot log in now",
    detail: "the OIDC issuer does not answer; log in with a token, or try again later",
    headers: { "retry-after": "5" },
  };
}
