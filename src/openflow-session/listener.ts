// SPDX-License-Identifier: Apache-2.0
import { echoRequest } from "../openflow/index.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Dpid } from "../topology/index.ts";
import { type ConnectTarget, type ConnectTls, formatTarget } from "../transport/connector.ts";
import {
  type AcceptedConnection,
  type ListenAddress,
  ListeningSocket,
  type ListenTls,
  listenOnAll,
} from "../transport/listening-socket.ts";
import {
  addressOf,
  RejectedConnections,
  type RejectedPeer,
} from "../transport/rejected-connections.ts";
import { OpenFlowSession } from "./openflow-session.ts";
import type { Session, SessionEvents } from "./session.ts";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "./session-options.ts";
import { SwitchConnectors } from "./switch-connectors.ts";

export interface ListenerOptions {
  /** At least one; port 0: any free port (`listen` returns it). */
  readonly addresses: readonly ListenAddress[];
  readonly logger: Logger;
  readonly events: SessionEvents;
  /** Decides about a switch: the reason for rejecting it, as a clause, or undefined to admit it. */
  readonly admit?: (session: Session) => string | undefined;
  readonly session?: Partial<SessionOptions>;
  /** What OpenVTAP presents to switches that it connects to over TLS. */
  readonly connectTls?: ConnectTls;
  readonly clock?: Clock;
  /** The wall clock, ISO 8601 in UTC; default: that of the system. */
  readonly now?: () => string;
}

/** An address on which connections are accepted. */
export interface OpenAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What is known of a connection that OpenVTAP has opened. */
interface Opened {
  /** The switch that must be there. */
  readonly dpid: Dpid;
  readonly ended: () => void;
}

/** Result of listening on all addresses. `detail` is a message for users, without a full stop. */
export type ListenOutcome =
  | {
      readonly type: "listening";
      /** In the order of the addresses. */
      readonly addresses: readonly OpenAddress[];
    }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** Accepts OpenFlow connections and publishes those that complete their handshake and are admitted. */
export class OpenFlowListener {
  readonly #options: ListenerOptions;
  readonly #sockets: readonly ListeningSocket[];
  /** All sessions, in their handshake or up. */
  readonly #open = new Set<OpenFlowSession>();
  readonly #up = new Map<Dpid, OpenFlowSession>();
  readonly #rejections: RejectedConnections;
  /** Sessions that have completed their handshake and wait for admission. */
  readonly #waiting: OpenFlowSession[] = [];
  readonly #connectors: SwitchConnectors;
  readonly #opened = new WeakMap<OpenFlowSession, Opened>();
  readonly #events: Omit<SessionEvents, "up" | "down">;
  #addresses: readonly OpenAddress[] = [];

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#rejections = new RejectedConnections(options.now);
    this.#events = this.#admittedEvents();
    const { handshakeTimeoutMs } = this.#sessionOptions;
    this.#connectors = new SwitchConnectors({
      tls: options.connectTls,
      clock: options.clock ?? systemClock,
      random: Math.random,
      timeoutMs: handshakeTimeoutMs,
      connected: (connection, dpid, ended) => this.#accept(connection, { dpid, ended }),
      failed: (target, reason) => this.#connectFailed(formatTarget(target), reason),
    });
    this.#sockets = options.addresses.map(
      (address) =>
        new ListeningSocket(
          address,
          { protocol: "OpenFlow", handshakeTimeoutMs },
          {
            accepted: (connection) => this.#accept(connection),
            rejected: (peer, reason) => this.#handshakeFailed(peer, reason),
            // The switch will retry.
            failed: (error) => options.logger.error({ error }, "cannot accept a connection"),
          },
        ),
    );
  }

  /** Starts to listen. A port in use or a foreign address is an outcome. */
  async listen(): Promise<ListenOutcome> {
    const listening = await listenOnAll(this.#sockets);
    if ("type" in listening) return listening;
    this.#addresses = listening.map(({ host, port }, index) => {
      return { host, port, tls: this.#options.addresses[index]?.tls !== undefined };
    });
    return { type: "listening", addresses: this.#addresses };
  }

  /** Replaces key and certificates of the address with this index, from the next connection on. */
  reloadTls(index: number, tls: ListenTls): void {
    this.#sockets[index]?.reloadTls(tls);
  }

  /** Connects to these switches, which wait for connections, and to no other. */
  connectTo(targets: ReadonlyMap<Dpid, ConnectTarget>): void {
    this.#connectors.set(targets);
  }

  /** Replaces what is presented to switches that OpenVTAP connects to, from the next connection on. */
  reloadConnectTls(tls: ConnectTls): void {
    this.#connectors.reloadTls(tls);
  }

  /** The open sessions of all switches. */
  get sessions(): Iterable<Session> {
    return this.#up.values();
  }

  /** The open session of a switch. */
  session(dpid: Dpid): Session | undefined {
    return this.#up.get(dpid);
  }

  /** Where it listens; empty before `listen`. */
  get addresses(): readonly OpenAddress[] {
    return this.#addresses;
  }

  /** Number of connections rejected since the start. */
  get rejected(): number {
    return this.#rejections.count;
  }

  /** The peers whose connections were rejected, the latest first. */
  get rejections(): readonly RejectedPeer[] {
    return this.#rejections.latest();
  }

  /** Stops accepting and connecting, and closes every session; resolves when all are closed. */
  async close(reason: string): Promise<void> {
    this.#connectors.close();
    const gone = this.#sockets.map((socket) => socket.close());
    for (const session of [...this.#open]) session.close(reason);
    await Promise.all(gone);
  }

  /** Events of the admitted sessions only. */
  #admittedEvents(): Omit<SessionEvents, "up" | "down"> {
    const { events } = this.#options;
    const isAdmitted = (session: Session) => this.#up.get(session.dpid) === session;
    return {
      portStatus: (session, change) => isAdmitted(session) && events.portStatus(session, change),
      packetIn: (session, message) => isAdmitted(session) && events.packetIn(session, message),
      flowRemoved: (session, message) =>
        isAdmitted(session) && events.flowRemoved(session, message),
      role: (session, role) => isAdmitted(session) && events.role?.(session, role),
      error: (session, message) => isAdmitted(session) && events.error(session, message),
    };
  }

  get #sessionOptions(): SessionOptions {
    return { ...DEFAULT_SESSION_OPTIONS, ...this.#options.session };
  }

  #handshakeFailed(peer: string, reason: string): void {
    this.#options.logger[this.#levelOf(peer, reason)]({ peer, reason }, "TLS handshake failed");
  }

  /** By address without port: a peer that retries for days is logged as a warning once per reason. */
  #levelOf(peer: string, reason: string): "warn" | "debug" {
    return this.#rejections.record({ address: addressOf(peer) }, reason) ? "warn" : "debug";
  }

  #connectFailed(peer: string, reason: string): void {
    this.#options.logger[this.#levelOf(peer, reason)](
      { peer, reason },
      "cannot connect to a switch",
    );
  }

  #accept({ socket, ...connection }: AcceptedConnection, opened?: Opened): void {
    const { clock = systemClock } = this.#options;
    const { peer } = connection;
    const session = new OpenFlowSession(socket, {
      options: this.#sessionOptions,
      clock,
      events: this.#events,
      ...connection,
      closed: (closed, reason) => this.#closed(closed, reason),
    });
    this.#open.add(session);
    if (opened) this.#opened.set(session, opened);
    this.#options.logger.debug({ peer }, "connection accepted");
    void session.handshake().then((up) => {
      if (up) this.#enqueue(session);
    });
  }

  /** Starts one session per turn of the event loop: the API stays responsive while all switches connect. */
  #enqueue(session: OpenFlowSession): void {
    this.#waiting.push(session);
    if (this.#waiting.length === 1) setImmediate(() => this.#startNext());
  }

  #startNext(): void {
    const session = this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(() => this.#startNext());
    if (session?.isOpen) this.#sessionUp(session);
  }

  /**
   * Decides between two sessions with the same datapath id. The incumbent gets an echo request: if it
   * is dead, the newer one replaces it, because the switch has reconnected after an unnoticed loss; if
   * it is alive, the newer one is another device and is rejected, however often it retries. The timeout
   * is that of the keepalive: a busy switch must not lose its session to another device.
   */
  async #resolveDuplicate(session: OpenFlowSession, incumbent: OpenFlowSession): Promise<void> {
    const { clock = systemClock } = this.#options;
    const { echoTimeoutMs: timeoutMs } = this.#sessionOptions;
    const askedAt = clock.now();
    const reply = await incumbent.request(echoRequest(), "echoReply", { timeoutMs });
    if (!session.isOpen) return;
    const isAlive = reply.type === "reply" || incumbent.lastReceived > askedAt;
    const { dpid, peer } = session;
    if (this.#up.get(dpid) !== incumbent) this.#sessionUp(session);
    else if (isAlive) {
      this.#reject(session, `another switch with its datapath id is connected: ${incumbent.peer}`);
    } else {
      incumbent.close(`replaced by a newer connection from ${peer}`);
      this.#enter(session);
    }
  }

  #sessionUp(session: OpenFlowSession): void {
    const { admit } = this.#options;
    // Before it can replace another session.
    const reason = this.#otherSwitch(session) ?? admit?.(session);
    const incumbent = this.#up.get(session.dpid);
    if (reason !== undefined) this.#reject(session, reason);
    else if (incumbent) void this.#resolveDuplicate(session, incumbent);
    else this.#enter(session);
  }

  /** Why it is not the switch to which OpenVTAP has connected, as a clause. */
  #otherSwitch(session: OpenFlowSession): string | undefined {
    const expected = this.#opened.get(session)?.dpid;
    if (expected === undefined || expected === session.dpid) return undefined;
    return `the topology file expects switch ${expected} there`;
  }

  #enter(session: OpenFlowSession): void {
    const { dpid, peer } = session;
    const { logger, events } = this.#options;
    this.#up.set(dpid, session);
    const { software } = session.description;
    logger.debug({ dpid, peer, software, ports: session.ports.size }, "handshake completed");
    events.up(session);
  }

  #reject(session: OpenFlowSession, reason: string): void {
    const { dpid, peer } = session;
    this.#open.delete(session);
    session.close(reason);
    const address = addressOf(peer);
    const level = this.#rejections.record({ address, dpid }, reason) ? "warn" : "debug";
    this.#options.logger[level]({ dpid, peer, reason }, "switch rejected");
  }

  #closed(session: OpenFlowSession, reason: string): void {
    const { logger, events } = this.#options;
    const { peer } = session;
    this.#opened.get(session)?.ended();
    // A rejected session has already been logged.
    if (!this.#open.delete(session)) return;
    const dpid = session.isIdentified ? session.dpid : undefined;
    if (dpid === undefined || this.#up.get(dpid) !== session) {
      logger[this.#levelOf(peer, reason)](
        { peer, reason },
        "connection ended before its handshake completed",
      );
      return;
    }
    this.#up.delete(dpid);
    logger.debug({ dpid, peer, reason }, "session ended");
    events.down(session, reason);
  }
}
