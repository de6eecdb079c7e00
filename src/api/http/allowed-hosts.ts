// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopbackAddress } from "../../access/loopback.ts";
import { bareHostName, hostName, parseAuthority } from "./authority.ts";
import { type Problem, ProblemException } from "./problem.ts";
import { headerRejected } from "./request-headers.ts";

/**
 * Routes for probes and scrapers, which send addresses that the server may not know of, such as that
 * of a service in front of it. They only read, and answer whatever Host is.
 */
export const ROUTES_FOR_ANY_HOST: ReadonlySet<string> = new Set([
  "/healthz",
  "/readyz",
  "/metrics",
]);

/**
 * Rejects requests for another host. A page of any site can have its own name resolve to this server's
 * address (DNS rebinding); to the browser, the server then belongs to that site, and Host is the only
 * difference.
 *
 * Allowed are `localhost`, loopback addresses, the address at which the connection arrived (with a
 * listener on all addresses: each of the machine's own), and `names`; with any port, since ports are
 * forwarded.
 */
export function rejectOtherHosts(app: FastifyInstance, names: readonly string[]): void {
  const allowed = new Set(["localhost", ...names.flatMap((name) => bareHostName(name) ?? [])]);
  app.addHook("onRequest", async (request) => {
    const problem = hostProblem(request, allowed);
    if (problem) throw new ProblemException(problem);
  });
}

function hostProblem(request: FastifyRequest, allowed: ReadonlySet<string>): Problem | undefined {
  const requested = requestedAuthorities(request);
  const exempt = ROUTES_FOR_ANY_HOST.has(request.routeOptions.url ?? "");
  const twice = (request.raw.headersDistinct.host?.length ?? 0) > 1;
  for (const authority of requested) {
    const url = twice ? undefined : parseAuthority(authority);
    if (!url) {
      return headerRejected(400, "Malformed host", "Host", "send one header Host: NAME[:PORT]");
    }
    const name = hostName(url);
    if (exempt || allowed.has(name) || isLoopback(name) || isLocalAddress(name, request)) continue;
    return hostNotAllowed(name);
  }
  return undefined;
}

/**
 * The hosts that a request names: of the absolute form of its target, if it has that, and of Host. The
 * first is the one that counts. Empty with HTTP/1.0 and no Host, which no browser sends.
 *
 * @see RFC 9112 §3.2.2
 */
export function requestedAuthorities({ raw }: FastifyRequest): string[] {
  const [, target] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(raw.url ?? "") ?? [];
  return [...(target === undefined ? [] : [target]), ...(raw.headersDistinct.host ?? [])];
}

function isLoopback(name: string): boolean {
  return isLoopbackAddress(name.replace(/^\[(.*)\]$/, "$1"));
}

function isLocalAddress(name: string, { raw: { socket } }: FastifyRequest): boolean {
  // Without the zone of a link-local address, which Host never has.
  const local = socket.localAddress?.split("%", 1)[0] ?? "";
  const mapped = local.replace(/^::ffff:/i, "");
  return bareHostName(isIPv4(mapped) ? mapped : local) === name;
}

/** @see RFC 9110 §15.5.20 */
function hostNotAllowed(name: string): Problem {
  const detail = `"${name}" is not a name of this server`;
  const remedy =
    "use localhost or the address it listens on, or add the name to the setting httpHosts (--http-hosts, VTAP_HTTP_HOSTS) and restart vtap";
  return {
    status: 421,
    kind: "host-not-allowed",
    title: "Host not allowed",
    detail: `${detail}; ${remedy}`,
    errors: [{ header: "Host", detail, remedy }],
  };
}
