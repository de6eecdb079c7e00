import { echoRequest } from "../openflow/index.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Dpid } from "../topology/index.ts";
import {
  type AcceptedConnection,
  type ListenAddress,
  ListeningSocket,
  type ListenTls,
  type SocketListenOutcome,
} from "./listening-socket.ts";
import { OpenFlowSession } from "./openflow-session.ts";
import { RejectedConnections } from "./rejected-connections.ts";
import type { Session, SessionEvents } from "./session.ts";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "./session-options.ts";

export interface ListenerOptions {
  /** At least one; port 0: any free one (`listen` says which). */
  readonly addresses: readonly ListenAddress[];
  readonly logger: Logger;
  readonly events: SessionEvents;
  /** Asked before a switch is let in: why not, as a clause; undefined: it may. */
  readonly admit?: (session: Session) => string | undefined;
  readonly session?: Partial<SessionOptions>;
  readonly clock?: Clock;
}

/** Whether all of it listens. `detail` is a line for people, without a full stop. */
export type ListenOutcome =
  | {
      readonly type: "listening";
      /** In the order of the addresses. */
      readonly addresses: readonly { readonly host: string; readonly port: number }[];
    }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/** Accepts OpenFlow connections and hands over those that come through their handshake. */
export class OpenFlowListener {
  readonly #options: ListenerOptions;
  readonly #doors: readonly ListeningSocket[];
  /** Every session, in its handshake or up. */
  readonly #open = new Set<OpenFlowSession>();
  readonly #up = new Map<Dpid, OpenFlowSession>();
  readonly #refusals = new RejectedConnections();
  /** Through their handshake, not yet let in. */
  readonly #line: OpenFlowSession[] = [];
  readonly #events: Omit<SessionEvents, "up" | "down">;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#events = this.#gated();
    const { handshakeTimeoutMs } = this.#sessionOptions;
    this.#doors = options.addresses.map(
      (address) =>
        new ListeningSocket(address, handshakeTimeoutMs, {
          accepted: (visitor) => this.#accept(visitor),
          refused: (peer, reason) => this.#handshakeFailed(peer, reason),
          // The switch tries again.
          failed: (error) => options.logger.error({ error }, "cannot accept a connection"),
        }),
    );
  }

  /** Starts to listen. A port that is taken or an address that is not ours is an outcome. */
  async listen(): Promise<ListenOutcome> {
    const outcomes = await Promise.all(this.#doors.map((door) => door.listen()));
    const failed = outcomes.find((outcome) => outcome.type === "failed");
    if (!failed) return { type: "listening", addresses: outcomes.flatMap(addressOf) };
    await Promise.all(this.#doors.map((door) => door.close()));
    return failed;
  }

  /** Uses other keys and certificates, by the index of the address, from the next connection on. */
  renew(index: number, tls: ListenTls): void {
    this.#doors[index]?.renew(tls);
  }

  /** The open sessions of all switches. */
  get sessions(): Iterable<Session> {
    return this.#up.values();
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
    const gone = this.#doors.map((door) => door.close());
    for (const session of [...this.#open]) session.close(reason);
    await Promise.all(gone);
  }

  /** What sessions tell, of those that have been let in. */
  #gated(): Omit<SessionEvents, "up" | "down"> {
    const { events } = this.#options;
    const isIn = (session: Session) => this.#up.get(session.dpid) === session;
    return {
      portStatus: (session, change) => isIn(session) && events.portStatus(session, change),
      packetIn: (session, message) => isIn(session) && events.packetIn(session, message),
      flowRemoved: (session, message) => isIn(session) && events.flowRemoved(session, message),
      role: (session, role) => isIn(session) && events.role?.(session, role),
      error: (session, message) => isIn(session) && events.error(session, message),
    };
  }

  get #sessionOptions(): SessionOptions {
    return { ...DEFAULT_SESSION_OPTIONS, ...this.#options.session };
  }

  #handshakeFailed(peer: string, reason: string): void {
    this.#options.logger[this.#levelOf(peer, reason)]({ peer, reason }, "TLS handshake failed");
  }

  /** By address without port: a peer that tries for days is told of once for each reason. */
  #levelOf(peer: string, reason: string): "warn" | "debug" {
    const from = peer.slice(0, peer.lastIndexOf(":"));
    return this.#refusals.note(from, reason) ? "warn" : "debug";
  }

  #accept({ socket, ...visitor }: AcceptedConnection): void {
    const { clock = systemClock } = this.#options;
    const { peer } = visitor;
    const session = new OpenFlowSession(socket, {
      options: this.#sessionOptions,
      clock,
      events: this.#events,
      ...visitor,
      closed: (closed, reason) => this.#closed(closed, reason),
    });
    this.#open.add(session);
    this.#options.logger.debug({ peer }, "connection accepted");
    void session.handshake().then((up) => {
      if (up) this.#queueUp(session);
    });
  }

  /** One a turn of the event loop: when all switches come at once, the API has its turns in between. */
  #queueUp(session: OpenFlowSession): void {
    this.#line.push(session);
    if (this.#line.length === 1) setImmediate(() => this.#nextInLine());
  }

  #nextInLine(): void {
    const session = this.#line.shift();
    if (this.#line.length > 0) setImmediate(() => this.#nextInLine());
    if (session?.isOpen) this.#sessionUp(session);
  }

  /**
   * Lets a session in. One of the same switch that is there already is asked for a sign of life: a
   * switch that has come back after its connection broke unnoticed takes its own place, and another
   * device with the same datapath id does not, however often it tries. Who is alive is judged as it is
   * at all times: a switch that is busy for a while must not lose its place to another device.
   */
  async #contest(session: OpenFlowSession, incumbent: OpenFlowSession): Promise<void> {
    const { clock = systemClock } = this.#options;
    const { echoTimeoutMs: timeoutMs } = this.#sessionOptions;
    const asked = clock.now();
    const answer = await incumbent.request(echoRequest(), "echoReply", { timeoutMs });
    if (!session.isOpen) return;
    const isAlive = answer.type === "reply" || incumbent.lastReceived > asked;
    const { dpid, peer } = session;
    if (this.#up.get(dpid) !== incumbent) this.#sessionUp(session);
    else if (isAlive) {
      this.#refuse(session, `another switch with its datapath id is connected: ${incumbent.peer}`);
    } else {
      incumbent.close(`replaced by a newer connection from ${peer}`);
      this.#enter(session);
    }
  }

  #sessionUp(session: OpenFlowSession): void {
    const { admit } = this.#options;
    // Before it takes anybody's place.
    const refusal = admit?.(session);
    const incumbent = this.#up.get(session.dpid);
    if (refusal !== undefined) this.#refuse(session, refusal);
    else if (incumbent) void this.#contest(session, incumbent);
    else this.#enter(session);
  }

  #enter(session: OpenFlowSession): void {
    const { dpid, peer } = session;
    const { logger, events } = this.#options;
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
      logger[this.#levelOf(peer, reason)](
        { peer, reason },
        "connection ended before it was a session",
      );
      return;
    }
    this.#up.delete(dpid);
    logger.debug({ dpid, peer, reason }, "session ended");
    events.down(session, reason);
  }
}

function addressOf(outcome: SocketListenOutcome) {
  return outcome.type === "listening" ? [{ host: outcome.host, port: outcome.port }] : [];
}
