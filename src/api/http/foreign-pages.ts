// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requestedAuthorities } from "./allowed-hosts.ts";
import { parseAuthority } from "./authority.ts";
import { type Problem, ProblemException } from "./problem.ts";

/** Methods without an effect. A foreign page may send them, and cannot read the answer. */
export const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Rejects everything but reading from pages of other origins.
 *
 * Browsers name the origin of the page in Origin with every request that is neither GET nor HEAD,
 * `no-cors` requests and forms included, and its relation to the server in Sec-Fetch-Site. A page cannot
 * change or omit them. A request with neither is no page's: curl and scripts need no header.
 *
 * Bodies are a second barrier: only JSON is read, which a page of another origin cannot send without a
 * preflight, and none is ever granted.
 */
export function rejectForeignPages(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    if (READING.has(request.method)) return;
    const header = foreignHeader(request);
    if (header) throw new ProblemException(foreignPage(header));
  });
}

/** The header that shows the request to be of a foreign page. */
function foreignHeader(request: FastifyRequest): string | undefined {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, request)) return "Origin";
  // "none": the user's own action, such as an extension's request.
  if (site !== undefined && site !== "same-origin" && site !== "none") return "Sec-Fetch-Site";
  return undefined;
}

/**
 * Whether a page at this origin was served under the name, and by the port, that the request is for.
 * The scheme makes no difference: a proxy in front of this server may have ended TLS.
 */
function isOwnOrigin(origin: string, request: FastifyRequest): boolean {
  // "null" is the origin of sandboxed frames and of local files.
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  if (page?.origin !== origin) return false;
  const { protocol } = page;
  if (protocol !== "http:" && protocol !== "https:") return false;
  const [authority] = requestedAuthorities(request);
  return authority !== undefined && parseAuthority(authority, protocol)?.host === page.host;
}

function foreignPage(header: string): Problem {
  const detail = "a page of another origin sent this request";
  const remedy =
    "send it from a page of this server or from a program; a proxy must pass the header Host unchanged";
  return {
    status: 403,
    kind: "foreign-page",
    title: "Request of a foreign page",
    detail: `${detail}; ${remedy}`,
    errors: [{ header, detail, remedy }],
  };
}
