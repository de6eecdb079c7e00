// SPDX-License-Identifier: Apache-2.0
import { isOpen, ruleOf } from "../access/operations.ts";
import { type DescribedDocument, mapOperations } from "./described-operations.ts";
import { ROUTES_FOR_ANY_HOST } from "./http/allowed-hosts.ts";
import { PROBLEM_MEDIA_TYPE } from "./http/problem.ts";

type Json = Readonly<Record<string, unknown>>;

/** Problems that come from neither a route nor its parameters: described once, and referred to. */
const COMMON_PROBLEMS = [
  {
    status: 401,
    name: "Unauthorized",
    description: "The server requires a token, and the request has none that is valid.",
    concerns: needsToken,
  },
  {
    status: 403,
    name: "Forbidden",
    description:
      "The role of the token does not allow this; or a page of another origin sent the request, which is no GET: `Origin` or `Sec-Fetch-Site` shows it. Nothing was done.",
    concerns: needsToken,
  },
  {
    status: 429,
    name: "TooManyFailures",
    description:
      "The address has sent too many invalid tokens, or the project too many requests. Header Retry-After.",
    concerns: needsToken,
  },
  {
    status: 503,
    name: "IdentityUnavailable",
    description:
      "The service that issued the token does not answer, so the token cannot be validated. Header Retry-After.",
    concerns: needsToken,
  },
  {
    status: 421,
    name: "HostNotAllowed",
    description:
      "`Host` is not a name of this server; the setting `httpHosts` adds names. Nothing was done.",
    concerns: (_method: string, path: string) => !ROUTES_FOR_ANY_HOST.has(path),
  },
] as const;

/** Adds the common problems to the operations that they concern. */
export function addCommonProblems<T extends DescribedDocument>(document: T): T {
  const paths = mapOperations(document, ({ responses, ...rest }, method, path) => ({
    ...rest,
    // What a route says of a status is more exact.
    responses: { ...references(method, path), ...responses },
  }));
  return { ...document, paths, components: { ...(document.components ?? {}), responses } };
}

function needsToken(method: string, path: string): boolean {
  const rule = ruleOf(`${method.toUpperCase()} ${path}`);
  return rule !== undefined && !isOpen(rule);
}

const responses = Object.fromEntries(
  COMMON_PROBLEMS.map(({ name, description }) => [
    name,
    {
      description,
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]),
);

function references(method: string, path: string): Json {
  return Object.fromEntries(
    COMMON_PROBLEMS.filter(({ concerns }) => concerns(method, path)).map(({ status, name }) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]),
  );
}
