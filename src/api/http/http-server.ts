// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { HTTP_TIMES } from "../limits.ts";
import type { Turns } from "./turns.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Probes and scrapers: they do not wait for the requests of others. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz", "/metrics"]);

interface HttpServerDeps {
  readonly options: ServerOptions;
  readonly turns: Turns;
  readonly connectionLimit: number;
}

/**
 * The HTTP server: requests take turns before anything is done for them, and slow or silent clients are
 * disconnected. A second request on a connection, while the first is unanswered (pipelining), waits for its
 * turn even if it is a probe.
 */
export function createHttpServer(handler: Handler, deps: HttpServerDeps): Server {
  const { headersTimeout, requestTimeout, connectionsCheckingInterval } = HTTP_TIMES;
  const { options, turns, connectionLimit } = deps;
  const times = { headersTimeout, requestTimeout, connectionsCheckingInterval };
  const unanswered = new WeakMap<Socket, number>();
  const server = createServer({ ...options, ...times }, (request, response) => {
    const { socket } = request;
    const before = unanswered.get(socket) ?? 0;
    unanswered.set(socket, before + 1);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    if (before === 0 && PROBES.has(request.url)) handler(request, response);
    else turns.run(() => handler(request, response));
  });
  server.keepAliveTimeout = HTTP_TIMES.keepAliveTimeout;
  server.setTimeout(HTTP_TIMES.connectionTimeout);
  server.maxConnections = connectionLimit;
  return server;
}
