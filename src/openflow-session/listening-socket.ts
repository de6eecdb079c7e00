import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { defined } from "../lang/defined.ts";

/** TLS of a listening address, in PEM. */
export interface ListenTls {
  readonly key: string;
  readonly cert: string;
  /** Whoever signs the certificates of switches. */
  readonly ca?: string;
  readonly requireClientCertificate: boolean;
}

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: ListenTls;
}

/** A connection that came in. */
export interface AcceptedConnection {
  readonly socket: Socket;
  /** Address and port, for people. */
  readonly peer: string;
  readonly isTls: boolean;
  /**
   * SHA-256 fingerprint (64 lower-case hex digits) of the certificate whose key the peer has shown to
   * hold; absent when it has shown none.
   */
  readonly certificate?: string;
}

/** What a door tells. */
export interface ListeningSocketEvents {
  accepted(visitor: AcceptedConnection): void;
  /** A TLS handshake failed. */
  refused(peer: string, reason: string): void;
  /** Accepting failed, as with too many open files. */
  failed(reason: string): void;
}

/** Whether it listens; `detail` is a line for people. */
export type SocketListenOutcome =
  | { readonly type: "listening"; readonly host: string; readonly port: number }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** One listening address, plain or TLS. */
export class ListeningSocket {
  readonly #address: ListenAddress;
  readonly #events: ListeningSocketEvents;
  readonly #server: Server;
  /** Connections in their TLS handshake are nobody's yet. */
  readonly #raw = new Set<Socket>();

  /** `handshakeTimeoutMs`: how long the TLS handshake may take. */
  constructor(address: ListenAddress, handshakeTimeoutMs: number, events: ListeningSocketEvents) {
    this.#address = address;
    this.#events = events;
    const { tls } = address;
    this.#server = tls ? this.#tlsServer(tls, handshakeTimeoutMs) : this.#plainServer();
  }

  /** Starts to listen. A port that is taken or an address that is not ours is an outcome. */
  listen(): Promise<SocketListenOutcome> {
    const { host, port } = this.#address;
    return new Promise((resolve) => {
      const failed = (cause: NodeJS.ErrnoException) => resolve(failure(cause, host, port));
      this.#server.once("error", failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", failed);
        this.#server.on("error", (cause) => this.#events.failed(cause.message));
        const address = this.#server.address();
        const actual = typeof address === "object" && address ? address.port : port;
        resolve({ type: "listening", host, port: actual });
      });
    });
  }

  /** Uses another key and other certificates from the next connection on. */
  renew(tls: ListenTls): void {
    if (this.#address.tls) (this.#server as TlsServer).setSecureContext(secureOptions(tls));
  }

  /** Accepts nothing more; resolves when every connection is gone. */
  close(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve();
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#raw) socket.destroy();
    return gone;
  }

  #judge(socket: TLSSocket, isCertificateRequired: boolean): void {
    const peer = peerOf(socket);
    if (socket.authorized || !isCertificateRequired) {
      this.#events.accepted({ socket, peer, isTls: true, ...certificateOf(socket) });
      return;
    }
    this.#events.refused(peer, unauthorized(socket));
    socket.on("error", () => undefined);
    socket.destroy();
  }

  #plainServer(): Server {
    return createPlainServer({ noDelay: true }, (socket) =>
      this.#events.accepted({ socket, peer: peerOf(socket), isTls: false }),
    );
  }

  #tlsServer(tls: ListenTls, handshakeTimeout: number): Server {
    const server = createTlsServer(
      {
        ...secureOptions(tls),
        handshakeTimeout,
        noDelay: true,
        // Asked for always: a pin needs no authority. Judged below: a server that rejects by itself
        // says nothing of it.
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket) => this.#judge(socket, tls.requireClientCertificate),
    );
    server.on("connection", (socket: Socket) => {
      this.#raw.add(socket);
      socket.once("close", () => this.#raw.delete(socket));
    });
    server.on("tlsClientError", (cause, socket) => {
      this.#events.refused(peerOf(socket), wordsOf(cause));
      socket.destroy();
    });
    return server;
  }
}

/** Why a certificate does not count. */
function unauthorized(socket: TLSSocket): string {
  if (certificateOf(socket).certificate === undefined) return "the switch has shown no certificate";
  const why = String(socket.authorizationError ?? "")
    .toLowerCase()
    .replaceAll("_", " ");
  return `nobody we trust has signed the switch's certificate (${why})`;
}

function secureOptions({ key, cert, ca }: ListenTls) {
  return defined({ key, cert, ca, minVersion: "TLSv1.2" });
}

function certificateOf(socket: TLSSocket): { certificate?: string } {
  const { fingerprint256 } = socket.getPeerCertificate();
  if (!fingerprint256) return {};
  return { certificate: fingerprint256.replaceAll(":", "").toLowerCase() };
}

/** What a failed TLS handshake means, for the causes that have a remedy. */
function wordsOf(cause: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the switch does not trust whoever signed our certificate",
    ERR_SSL_WRONG_VERSION_NUMBER: "the switch does not speak TLS",
    ERR_SSL_HTTP_REQUEST: "the peer speaks HTTP, not TLS",
    ERR_TLS_HANDSHAKE_TIMEOUT: "it was not over in time",
    ECONNRESET: "the peer broke it off",
  };
  return words[cause.code ?? ""] ?? cause.message;
}

function failure(cause: NodeJS.ErrnoException, host: string, port: number): SocketListenOutcome {
  const code = cause.code ?? "UNKNOWN";
  const where = endpoint(host, port);
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: `OpenFlow address ${where} is in use by another program`,
    EADDRNOTAVAIL: `OpenFlow address ${where}: this machine has no such address`,
    EACCES: `OpenFlow address ${where}: not permitted`,
    ENOTFOUND: `OpenFlow address ${where}: no such host`,
  };
  return { type: "failed", code, detail: words[code] ?? `OpenFlow ${where}: ${cause.message}` };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return endpoint(remoteAddress ?? "?", remotePort ?? "?");
}

/** `host:port`, an IPv6 address in brackets. */
function endpoint(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
