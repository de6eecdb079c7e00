// SPDX-License-Identifier: Apache-2.0
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import { type AcceptedConnection, certificateOf, endpoint } from "./listening-socket.ts";
import { certificateProblem, isVerification, tlsFailure } from "./tls-failures.ts";

/** Where a peer waits for connections. */
export type ConnectTarget =
  | { readonly transport: "tcp" | "tls"; readonly host: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** What OpenVTAP presents when it connects over TLS, and the authority of its peers, in PEM. */
export interface ConnectTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

interface ConnectorDeps {
  /** Absent: no peer is reached over TLS. */
  readonly tls: () => ConnectTls | undefined;
  readonly clock: Clock;
  /** Random numbers from 0 to 1, below 1. */
  readonly random: () => number;
  /** Time limit of an attempt, in milliseconds. */
  readonly timeoutMs: number;
  connected(connection: AcceptedConnection): void;
  /** An attempt has failed; another one follows. */
  failed(reason: string): void;
}

/** The waits between attempts double from the first to the last, in milliseconds. */
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [1_000, 30_000];
/** A connection that has lasted so long was a good one: the waits begin anew. */
const GOOD_MS = 30_000;

/**
 * Keeps one connection to a peer. States: connecting -> connected (until `ended`) -> waiting ->
 * connecting; `close` ends it in each. Half of each wait is random: many controllers that lose a peer
 * at once do not return at once.
 */
export class Connector {
  readonly target: ConnectTarget;
  readonly #deps: ConnectorDeps;
  #socket: Socket | undefined;
  #cancel: CancelTimer = () => undefined;
  #waitMs = FIRST_WAIT_MS;
  #connectedAt = 0;
  #isClosed = false;

  constructor(target: ConnectTarget, deps: ConnectorDeps) {
    this.target = target;
    this.#deps = deps;
  }

  start(): void {
    const { clock, timeoutMs, tls } = this.#deps;
    if (this.#isClosed) return;
    const settings = tls();
    if (this.target.transport === "tls" && settings === undefined) {
      this.#failed("there is neither a key nor a certificate for it");
      return;
    }
    const socket = open(this.target, settings);
    this.#socket = socket;
    let isDecided = false;
    const decide = (then: () => void) => {
      if (isDecided) return;
      isDecided = true;
      this.#cancel();
      then();
    };
    const failed = (reason: string) =>
      decide(() => {
        socket.destroy();
        this.#failed(reason);
      });
    this.#cancel = clock.after(timeoutMs, () => failed(`no connection after ${timeoutMs} ms`));
    // It stays: a socket without a listener for errors ends the process.
    socket.on("error", (cause) => failed(describe(cause)));
    socket.once(this.target.transport === "tls" ? "secureConnect" : "connect", () =>
      decide(() => this.#connected(socket)),
    );
  }

  /** The connection has ended: another attempt follows. */
  ended(): void {
    this.#socket = undefined;
    const lasted = this.#deps.clock.now() - this.#connectedAt;
    if (lasted >= GOOD_MS) this.#waitMs = FIRST_WAIT_MS;
    this.#tryLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#socket?.destroy();
  }

  #connected(socket: Socket): void {
    this.#connectedAt = this.#deps.clock.now();
    const isTls = this.target.transport === "tls";
    const certificate = isTls ? certificateOf(socket as TLSSocket) : {};
    this.#deps.connected({ socket, peer: formatTarget(this.target), isTls, ...certificate });
  }

  #failed(reason: string): void {
    this.#socket = undefined;
    if (this.#isClosed) return;
    this.#deps.failed(reason);
    this.#tryLater();
  }

  #tryLater(): void {
    if (this.#isClosed) return;
    const waitMs = this.#waitMs * (0.5 + this.#deps.random() / 2);
    this.#waitMs = Math.min(this.#waitMs * 2, LAST_WAIT_MS);
    this.#cancel();
    this.#cancel = this.#deps.clock.after(waitMs, () => this.start());
  }
}

/** A target as logs and views name it. */
export function formatTarget(target: ConnectTarget): string {
  if (target.transport === "unix") return `unix:${target.path}`;
  return `${target.transport === "tls" ? "ssl" : "tcp"}:${endpoint(target.host, target.port)}`;
}

function open(target: ConnectTarget, tls: ConnectTls | undefined): Socket {
  if (target.transport === "unix") return connectPlain({ path: target.path });
  const { host, port, transport } = target;
  if (transport === "tcp") return connectPlain({ host, port, noDelay: true });
  // Certificates of switches name no hosts: the authority alone is checked, as Open vSwitch does.
  const options = { ...tls, minVersion: "TLSv1.2", checkServerIdentity: () => undefined } as const;
  const socket = connectTls({ host, port, ...options });
  socket.setNoDelay(true);
  return socket;
}

function describe(cause: NodeJS.ErrnoException): string {
  const { code = "" } = cause;
  if (isVerification(code)) return certificateProblem(code);
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOENT: "there is no such socket",
    EACCES: "not permitted",
    ENOTFOUND: "there is no such host",
    EHOSTUNREACH: "the host cannot be reached",
  };
  return tlsFailure(cause) ?? words[code] ?? cause.message;
}
