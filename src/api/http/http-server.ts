// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { defined } from "../../lang/defined.ts";
import type { OpenRequests } from "../closing/open-requests.ts";
import type { HttpTimes } from "../limits.ts";
import type { Turns } from "./turns.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Probes and scrapers: they do not wait for the requests of others. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Most requests on a connection without an answer; more than that no usual client sends ahead. */
const MOST_PIPELINED = 100;

interface HttpServerDeps {
  readonly options: ServerOptions;
  readonly turns: Turns;
  readonly open: OpenRequests;
  readonly connectionLimit: number;
  readonly times: HttpTimes;
  readonly tls?: HttpTls | undefined;
}

/** Key and certificate of the server, in PEM. */
export interface HttpTls {
  readonly key: string;
  readonly cert: string;
  /** The authority of client certificates; absent: clients are asked for none. */
  readonly clientCa?: string;
}

/**
 * The HTTP or HTTPS server: requests take turns before anything is done for them, and slow or silent clients are
 * disconnected. A second request on a connection, while the first is unanswered (pipelining), waits for its
 * turn even if it is a probe. Where too many are unanswered, the connection closes after the answers to these, as
 * RFC 9112 section 9.3.2 allows: thousands arrive in one read, and each occupies memory until it is answered.
 */
export function createHttpServer(handler: Handler, deps: HttpServerDeps): Server {
  const { options, turns, open, connectionLimit, times, tls } = deps;
  const { keepAliveTimeout, connectionTimeout, ...ofRequests } = times;
  const unanswered = new Unanswered();
  const serve: Handler = (request, response) => {
    if (!unanswered.add(request, response)) return;
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
  };
  const httpOptions = { ...options, ...ofRequests };
  const server = tls
    ? tlsServer({ ...httpOptions, ...tls, handshakeTimeout: times.headersTimeout }, serve)
    : createServer(httpOptions, serve);
  server.keepAliveTimeout = keepAliveTimeout;
  server.setTimeout(connectionTimeout);
  server.maxConnections = connectionLimit;
  return server;
}

/** How many requests of each connection have no answer yet. */
class Unanswered {
  readonly #counts = new WeakMap<Socket, number>();

  /** Whether a request is to be answered: not behind the last one that its connection may send. */
  add({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const count = (this.#counts.get(socket) ?? 0) + 1;
    if (count > MOST_PIPELINED) {
      if (count === MOST_PIPELINED + 1) keepPaused(socket);
      this.#counts.set(socket, count);
      return false;
    }
    this.#counts.set(socket, count);
    // After its answer Node closes the connection.
    if (count === MOST_PIPELINED) response.shouldKeepAlive = false;
    else {
      response.once("finish", () => {
        const left = this.#counts.get(socket) ?? 0;
        // It stays at the most: of what is behind that nothing is answered.
        if (left < MOST_PIPELINED) this.#counts.set(socket, left - 1);
      });
    }
    return true;
  }
}

/**
 * What the client has sent besides is not read: a megabyte could be, in one turn. Node resumes a connection after
 * each answer.
 */
function keepPaused(socket: Socket): void {
  socket.on("resume", () => socket.pause());
  socket.pause();
}

/** An HTTPS server as the HTTP server that it also is: the types of Node do not say so. */
function tlsServer(
  options: ServerOptions & HttpTls & { handshakeTimeout: number },
  serve: Handler,
) {
  const { key, cert, clientCa, ...others } = options;
  // A client may have a token instead, so one without a valid certificate is not refused here.
  const asking = { requestCert: clientCa !== undefined, rejectUnauthorized: false };
  const context = contextOf({ key, cert, ...defined({ clientCa }) });
  const server = createTlsServer({ ...others, ...context, ...asking }, serve);
  return server as unknown as Server;
}

/** Replaces the key and certificate of an HTTPS server, from the next connection on. */
export function reloadTls({ server }: { readonly server: Server }, tls: HttpTls): void {
  (server as unknown as TlsServer).setSecureContext(contextOf(tls));
}

function contextOf({ key, cert, clientCa }: HttpTls): SecureContextOptions {
  return { key, cert, ...defined({ ca: clientCa }), minVersion: "TLSv1.2" };
}
