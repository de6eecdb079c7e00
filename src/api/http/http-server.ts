// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { OpenRequests } from "../closing/open-requests.ts";
import type { HttpTimes } from "../limits.ts";
import type { Turns } from "./turns.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Probes and scrapers: they do not wait for the requests of others. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz", "/metrics"]);

interface HttpServerDeps {
  readonly options: ServerOptions;
  readonly turns: Turns;
  readonly open: OpenRequests;
  readonly connectionLimit: number;
  readonly times: HttpTimes;
}

/**
 * The HTTP server: requests take turns before anything is done for them, and slow or silent clients are
 * disconnected. A second request on a connection, while the first is unanswered (pipelining), waits for its
 * turn even if it is a probe.
 */
export function createHttpServer(handler: Handler, deps: HttpServerDeps): Server {
  const { options, turns, open, connectionLimit, times } = deps;
  const { keepAliveTimeout, connectionTimeout, ...ofRequests } = times;
  const server = createServer({ ...options, ...ofRequests }, (request, response) => {
    open.add(response);
    // A response behind an unanswered request of its connection has no socket yet.
    const isFirst = response.socket !== null;
    if (isFirst && PROBES.has(request.url)) handler(request, response);
    else {
      turns.run(() => {
        // A client that is gone or answered meanwhile gets no answer, and takes no place.
        if (!request.socket.destroyed && !response.writableEnded) handler(request, response);
      });
    }
  });
  server.keepAliveTimeout = keepAliveTimeout;
  server.setTimeout(connectionTimeout);
  server.maxConnections = connectionLimit;
  return server;
}
