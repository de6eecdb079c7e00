import { createServer, type Server, type Socket } from "node:net";
import type { Dpid } from "../../topology/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { OpenFlowSession } from "./openflow-session.ts";
import { Refusals } from "./refusals.ts";
import type { Session, SessionEvents } from "./session.ts";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "./session-options.ts";

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port (`listen` says which). */
  readonly port: number;
  readonly logger: Logger;
  readonly events: SessionEvents;
  /** Asked before a switch is let in: why not, as a clause; undefined: it may. */
  readonly admit?: (session: Session) => string | undefined;
  readonly session?: Partial<SessionOptions>;
  readonly clock?: Clock;
}

/** Whether the listener listens. `detail` is a line for people, without a full stop. */
export type ListenOutcome =
  | { readonly type: "listening"; readonly host: string; readonly port: number }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** Accepts OpenFlow connections and hands over those that come through their handshake. */
export class OpenFlowListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  /** Every session, in its handshake or up. */
  readonly #open = new Set<OpenFlowSession>();
  readonly #up = new Map<Dpid, OpenFlowSession>();
  readonly #refusals = new Refusals();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Starts to listen. A port that is taken or an address that is not ours is an outcome. */
  listen(): Promise<ListenOutcome> {
    const { host, port, logger } = this.#options;
    return new Promise((resolve) => {
      const failed = (cause: NodeJS.ErrnoException) => resolve(failure(cause, host, port));
      this.#server.once("error", failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", failed);
        // Errors of accepting (too many open files) pass: the switch tries again.
        this.#server.on("error", (cause) =>
          logger.error({ error: cause.message }, "cannot accept a connection"),
        );
        const address = this.#server.address();
        const actual = typeof address === "object" && address ? address.port : port;
        resolve({ type: "listening", host, port: actual });
      });
    });
  }

  /** The open session of a switch. */
  session(dpid: Dpid): Session | undefined {
    return this.#up.get(dpid);
  }

  /** Connections of switches that were not let in, since the start. */
  get refused(): number {
    return this.#refusals.count;
  }

  /** Accepts nothing more and closes every session; resolves when all are gone. */
  async close(reason: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of [...this.#open]) session.close(reason);
    await gone;
  }

  #accept(socket: Socket): void {
    const { events, clock = systemClock } = this.#options;
    const peer = endpoint(socket.remoteAddress ?? "?", socket.remotePort ?? "?");
    const session = new OpenFlowSession(socket, {
      options: { ...DEFAULT_SESSION_OPTIONS, ...this.#options.session },
      clock,
      events,
      peer,
      closed: (closed, reason) => this.#closed(closed, reason),
    });
    this.#open.add(session);
    this.#options.logger.debug({ peer }, "connection accepted");
    void session.handshake().then((up) => {
      if (up) this.#sessionUp(session);
    });
  }

  #sessionUp(session: OpenFlowSession): void {
    const { dpid, peer } = session;
    const { logger, events, admit } = this.#options;
    // Before it takes anybody's place.
    const refusal = admit?.(session);
    if (refusal !== undefined) {
      this.#refuse(session, refusal);
      return;
    }
    this.#up.get(dpid)?.close(`replaced by a newer connection from ${peer}`);
    this.#up.set(dpid, session);
    const { software } = session.description;
    logger.debug({ dpid, peer, software, ports: session.ports.size }, "handshake done");
    events.up(session);
  }

  #refuse(session: OpenFlowSession, reason: string): void {
    const { dpid, peer } = session;
    this.#open.delete(session);
    session.close(reason);
    const level = this.#refusals.note(dpid, reason) ? "warn" : "debug";
    this.#options.logger[level]({ dpid, peer, reason }, "switch refused");
  }

  #closed(session: OpenFlowSession, reason: string): void {
    const { logger, events } = this.#options;
    const { peer } = session;
    // One that was refused has been told of.
    if (!this.#open.delete(session)) return;
    const dpid = session.isIdentified ? session.dpid : undefined;
    if (dpid === undefined || this.#up.get(dpid) !== session) {
      logger.warn({ peer, reason }, "connection ended before it was a session");
      return;
    }
    this.#up.delete(dpid);
    logger.debug({ dpid, peer, reason }, "session ended");
    events.down(session, reason);
  }
}

function failure(cause: NodeJS.ErrnoException, host: string, port: number): ListenOutcome {
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

/** `host:port`, an IPv6 address in brackets. */
function endpoint(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
