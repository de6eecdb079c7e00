// SPDX-License-Identifier: Apache-2.0
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { defined } from "../lang/defined.ts";
import { certificateProblem, tlsFailure } from "./tls-failures.ts";

/** TLS of a listening address, in PEM. */
export interface ListenTls {
  readonly key: string;
  readonly cert: string;
  /** The authority that signs the certificates of switches. */
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

/** An accepted connection. */
export interface AcceptedConnection {
  readonly socket: Socket;
  /** Address and port, for people. */
  readonly peer: string;
  readonly isTls: boolean;
  /**
   * SHA-256 fingerprint (64 lower-case hex digits) of the certificate whose key the peer has proven to
   * hold; absent if it has presented none.
   */
  readonly certificate?: string;
}

/** Events of a listening socket. */
export interface ListeningSocketEvents {
  accepted(connection: AcceptedConnection): void;
  /** A TLS handshake failed. */
  rejected(peer: string, reason: string): void;
  /** Accepting failed, for instance with too many open files. */
  failed(reason: string): void;
}

export interface ListeningSocketOptions {
  /** What peers speak, for messages. */
  readonly protocol: "OpenFlow" | "OVSDB";
  /** Time limit of the TLS handshake. */
  readonly handshakeTimeoutMs: number;
}

/** Result of listening; `detail` is a message for users. */
export type SocketListenOutcome =
  | { readonly type: "listening"; readonly host: string; readonly port: number }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** One listening address, plain or TLS. */
export class ListeningSocket {
  readonly #address: ListenAddress;
  readonly #protocol: ListeningSocketOptions["protocol"];
  readonly #events: ListeningSocketEvents;
  readonly #server: Server;
  /** All connections, those in their TLS handshake included. */
  readonly #raw = new Set<Socket>();
  /** The peers whose handshake has not succeeded, until the turn of the event loop in which they leave ends. */
  readonly #handshaking = new Set<string>();

  constructor(
    address: ListenAddress,
    { protocol, handshakeTimeoutMs }: ListeningSocketOptions,
    events: ListeningSocketEvents,
  ) {
    this.#address = address;
    this.#protocol = protocol;
    this.#events = events;
    const { tls } = address;
    this.#server = tls ? this.#tlsServer(tls, handshakeTimeoutMs) : this.#plainServer();
  }

  /** Starts to listen. A port in use or a foreign address is an outcome. */
  listen(): Promise<SocketListenOutcome> {
    const { host, port } = this.#address;
    return new Promise((resolve) => {
      const failed = (cause: NodeJS.ErrnoException) =>
        resolve(failure(cause, `${this.#protocol} address ${endpoint(host, port)}`));
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

  /** Replaces the key and certificates, from the next connection on. */
  reloadTls(tls: ListenTls): void {
    if (this.#address.tls) (this.#server as TlsServer).setSecureContext(secureOptions(tls));
  }

  /** Stops accepting; resolves when every connection is closed. */
  close(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve();
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#raw) socket.destroy();
    return gone;
  }

  /** The peer of a connection whose handshake has failed: one that was reset may not know it any more. */
  #failedPeer(socket: TLSSocket): string {
    const [only, another] = this.#handshaking;
    const isKnown = socket.remoteAddress !== undefined || another !== undefined;
    return isKnown ? peerOf(socket) : (only ?? peerOf(socket));
  }

  #authorize(socket: TLSSocket, isCertificateRequired: boolean): void {
    const peer = peerOf(socket);
    this.#handshaking.delete(peer);
    if (socket.authorized || !isCertificateRequired) {
      this.#events.accepted({ socket, peer, isTls: true, ...certificateOf(socket) });
      return;
    }
    this.#events.rejected(peer, unauthorized(socket));
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
        // Always requested: a pin needs no authority. Checked in `#authorize`: a server that rejects by
        // itself does not report the rejection.
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket) => this.#authorize(socket, tls.requireClientCertificate),
    );
    server.on("connection", (socket: Socket) => {
      const peer = peerOf(socket);
      this.#raw.add(socket);
      this.#handshaking.add(peer);
      socket.once("close", () => {
        this.#raw.delete(socket);
        setImmediate(() => this.#handshaking.delete(peer));
      });
    });
    server.on("tlsClientError", (cause, socket) => {
      this.#events.rejected(this.#failedPeer(socket), describeTlsFailure(cause));
      socket.destroy();
    });
    return server;
  }
}

/** Why a certificate is not accepted. */
function unauthorized(socket: TLSSocket): string {
  if (certificateOf(socket).certificate === undefined)
    return "the switch has presented no certificate; give it one: ovs-vsctl set-ssl KEY CERTIFICATE AUTHORITY";
  return certificateProblem(String(socket.authorizationError ?? ""), socket.getPeerCertificate());
}

function secureOptions({ key, cert, ca }: ListenTls) {
  return defined({ key, cert, ca, minVersion: "TLSv1.2" });
}

/** The certificate of a peer, as `AcceptedConnection` has it. */
export function certificateOf(socket: TLSSocket): { certificate?: string } {
  const { fingerprint256 } = socket.getPeerCertificate();
  if (!fingerprint256) return {};
  return { certificate: fingerprint256.replaceAll(":", "").toLowerCase() };
}

/** Explains a failed TLS handshake, for the causes that have a remedy. */
function describeTlsFailure(cause: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ERR_SSL_HTTP_REQUEST: "the peer speaks HTTP, not TLS",
    ERR_TLS_HANDSHAKE_TIMEOUT: "it did not finish in time",
    ECONNRESET: "the peer reset the connection",
  };
  return tlsFailure(cause) ?? words[cause.code ?? ""] ?? cause.message;
}

function failure(cause: NodeJS.ErrnoException, where: string): SocketListenOutcome {
  const code = cause.code ?? "UNKNOWN";
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is in use by another program`,
    EADDRNOTAVAIL: `${where}: this machine has no such address`,
    EACCES: `${where}: not permitted`,
    ENOTFOUND: `${where}: no such host`,
  };
  return { type: "failed", code, detail: words[code] ?? `${where}: ${cause.message}` };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return endpoint(remoteAddress ?? "?", remotePort ?? "?");
}

/** `host:port`, an IPv6 address in brackets. */
export function endpoint(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address on which connections are accepted. */
export type SocketAddress = Extract<SocketListenOutcome, { readonly type: "listening" }>;

/** Listens on all of some sockets, or on none: the addresses in their order, or the first failure. */
export async function listenOnAll(
  sockets: readonly ListeningSocket[],
): Promise<readonly SocketAddress[] | Extract<SocketListenOutcome, { readonly type: "failed" }>> {
  const outcomes = await Promise.all(sockets.map((socket) => socket.listen()));
  const failed = outcomes.find((outcome) => outcome.type === "failed");
  if (failed === undefined) return outcomes.filter((outcome) => outcome.type === "listening");
  await Promise.all(sockets.map((socket) => socket.close()));
  return failed;
}
