// SPDX-License-Identifier: Apache-2.0
import type { Authentication } from "../../access/authenticator.ts";
import type { Identity } from "../../access/identity.ts";
import type { OperationRule } from "../../access/operations.ts";
import type { Problem } from "../http/problem.ts";

type Unidentified = Exclude<Authentication, { readonly type: "identified" }>;

const WITH_TOKEN = "send the header Authorization: Bearer TOKEN";

/** The problem of a request whose sender is not identified. @see RFC 6750 §3 */
export function unidentifiedProblem(outcome: Unidentified): Problem {
  switch (outcome.type) {
    case "missing":
      return unauthorized(`this server requires a token; ${WITH_TOKEN}`);
    case "ended":
      return unauthorized("the session has ended; log in again, at /api/v1/session");
    case "rejected":
      return rejectedProblem(outcome.reason);
    case "locked": {
      const seconds = Math.ceil(outcome.forMs / 1000);
      return {
        status: 429,
        kind: "too-many-failures",
        title: "Too many failed authentications",
        detail: `this address has sent too many invalid tokens; try again in ${seconds} s`,
        headers: { "retry-after": String(seconds) },
      };
    }
    case "unavailable":
      return {
        status: 503,
        kind: "identity-unavailable",
        title: "Tokens cannot be validated now",
        detail: `${outcome.service} does not answer, and only it can validate the token; try again later`,
        headers: { "retry-after": "5" },
      };
    default:
      return outcome satisfies never;
  }
}

function rejectedProblem(reason: "malformed" | "unknown" | "expired"): Problem {
  switch (reason) {
    case "malformed":
      return unauthorized(`the header Authorization holds no bearer token; ${WITH_TOKEN}`, {
        error: "invalid_request",
      });
    case "unknown":
      return unauthorized("the token is not valid here; use another one", INVALID_TOKEN);
    case "expired":
      return unauthorized("the token has expired; use another one", INVALID_TOKEN);
    default:
      return reason satisfies never;
  }
}

const INVALID_TOKEN = { error: "invalid_token" };

function unauthorized(detail: string, { error }: { error?: string } = {}): Problem {
  const challenge = `Bearer realm="openvtap"${error === undefined ? "" : `, error="${error}"`}`;
  return {
    status: 401,
    kind: "unauthorized",
    title: "Authentication required",
    detail,
    headers: { "www-authenticate": challenge },
  };
}

/** The problem of an operation that the role of an identity does not allow. */
export function forbiddenProblem(rule: OperationRule, { role, project }: Identity): Problem {
  const needed = rule.roles === "everyone" ? [] : rule.roles;
  const words = new Intl.ListFormat("en", { type: "disjunction" }).format(needed);
  const has = role === "none" ? "none of the roles" : `the role ${role}`;
  const isOfNetwork = project !== undefined && rule.ofProject !== true;
  return notAllowed(
    isOfNetwork
      ? `this concerns the whole network, and the token is limited to project ${project}`
      : `this needs the role ${words}, and the token has ${has}`,
  );
}

/** The problem of a request with the cookie of a session that does not prove to come from a page that has read the session. */
export function csrfProblem(): Problem {
  const detail = "the cookie of a session alone does not allow a change";
  const remedy = "send the header X-CSRF-Token with csrf of GET /api/v1/session";
  return {
    status: 403,
    kind: "csrf",
    title: "Request without the token of its session",
    detail: `${detail}; ${remedy}`,
    errors: [{ header: "X-CSRF-Token", detail, remedy }],
  };
}

/** The problem of a project that sends more requests than its quota. `waitMs`: until one is allowed. */
export function rateProblem(project: string, perSecond: number, waitMs: number): Problem {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    status: 429,
    kind: "too-many-requests",
    title: "Too many requests",
    detail: `project ${project} may send ${perSecond} requests per second (requestsPerSecond of projectQuotas) and has sent them; try again in ${seconds} s`,
    headers: { "retry-after": String(seconds) },
  };
}

function notAllowed(detail: string): Problem {
  return { status: 403, kind: "forbidden", title: "Not allowed", detail };
}
