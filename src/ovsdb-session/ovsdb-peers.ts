// SPDX-License-Identifier: Apache-2.0
import type { Database, RowChange } from "../ovsdb/index.ts";
import { type CancelTimer, type Clock, systemClock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import {
  Connector,
  type ConnectTarget,
  type ConnectTls,
  formatTarget,
} from "../transport/connector.ts";
import {
  type AcceptedConnection,
  type ListenAddress,
  ListeningSocket,
  type ListenTls,
  listenOnAll,
} from "../transport/listening-socket.ts";
import { addressOf, RejectedConnections } from "../transport/rejected-connections.ts";
import { OvsdbSession, type RetainedReplica } from "./ovsdb-session.ts";
import { DEFAULT_OVSDB_OPTIONS, type OvsdbSessionOptions } from "./session-options.ts";

/** Events of sessions that have a complete copy of their database. */
export interface OvsdbEvents {
  up(session: OvsdbSession): void;
  /** Rows have changed. */
  changed(session: OvsdbSession): void;
  /** A row differs, one of the first copy included: before `up` or `changed`. */
  row?(session: OvsdbSession, change: RowChange): void;
  /** Exactly once for each session that was `up`. */
  down(session: OvsdbSession, reason: string): void;
}

/** Where database servers are found. */
export interface OvsdbPlaces {
  /** Where they connect to; port 0: any free one. */
  readonly addresses: readonly ListenAddress[];
  /** Those to which OpenVTAP connects. */
  readonly targets: readonly ConnectTarget[];
}

export interface OvsdbPeersOptions extends OvsdbPlaces {
  /** For targets over TLS. */
  readonly connectTls?: ConnectTls;
  readonly database: Database;
  readonly events: OvsdbEvents;
  readonly logger: Logger;
  readonly limits?: Partial<PeerLimits>;
  readonly session?: Partial<OvsdbSessionOptions>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** What all peers together may use. */
export interface PeerLimits {
  readonly maxConnections: number;
  /** Connections from one address whose database is not complete yet. */
  readonly maxUnfinished: number;
  /** Above this, the session that occupies most is closed. */
  readonly maxMemoryBytes: number;
}

const DEFAULT_LIMITS: PeerLimits = {
  maxConnections: 4096,
  maxUnfinished: 512,
  maxMemoryBytes: 512 * 1024 * 1024,
};

/** How often the memory of all peers is compared with its limit, in milliseconds. */
const MEMORY_CHECK_MS = 250;
/** Copies of databases whose servers have gone, for when they return. */
const MAX_RETAINED = 64;

/** Interval of the log lines about the sessions of one address, in milliseconds. */
const LOG_MS = 60_000;
const MAX_LOGGED = 1000;

/** The result of listening on all addresses, those in their order. `detail` is a message for users. */
export type OvsdbListenOutcome =
  | {
      readonly type: "listening";
      readonly addresses: readonly { readonly host: string; readonly port: number }[];
    }
  | { readonly type: "failed"; readonly code: string; readonly detail: string };

/**
 * The sessions with all database servers: those that connect, and those to which OpenVTAP connects. What
 * one peer does closes no session but its own.
 */
export class OvsdbPeers {
  readonly #options: OvsdbPeersOptions;
  readonly #limits: PeerLimits;
  readonly #clock: Clock;
  readonly #sockets: readonly ListeningSocket[];
  readonly #connectors: readonly Connector[];
  /** All sessions, with the address that counts for `maxUnfinished`. */
  readonly #open = new Map<OvsdbSession, string>();
  readonly #up = new Set<OvsdbSession>();
  readonly #retained = new Map<string, RetainedReplica>();
  readonly #rejections = new RejectedConnections();
  /** When the sessions of an address were last logged. */
  readonly #lastLogged = new Map<string, number>();
  readonly #levels = new WeakMap<OvsdbSession, "info" | "debug">();
  #connectTls: ConnectTls | undefined;
  #cancelCheck: CancelTimer = () => undefined;

  constructor(options: OvsdbPeersOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#connectTls = options.connectTls;
    const { handshakeTimeoutMs } = this.#sessionOptions;
    this.#sockets = options.addresses.map(
      (address) =>
        new ListeningSocket(
          address,
          { protocol: "OVSDB", handshakeTimeoutMs },
          {
            accepted: (connection) => this.#accept(connection),
            rejected: (peer, reason) => this.#ended(peer, reason, "TLS handshake failed"),
            failed: (error) => options.logger.error({ error }, "cannot accept an OVSDB connection"),
          },
        ),
    );
    this.#connectors = options.targets.map((target) => this.#connectorTo(target));
  }

  /** Starts to listen and to connect. A port in use or a foreign address is an outcome. */
  async start(): Promise<OvsdbListenOutcome> {
    const listening = await listenOnAll(this.#sockets);
    if ("type" in listening) return listening;
    for (const connector of this.#connectors) connector.start();
    // Without a place for peers there is nothing to check.
    if (this.#sockets.length + this.#connectors.length > 0) this.#checkMemory();
    return { type: "listening", addresses: listening.map(({ host, port }) => ({ host, port })) };
  }

  /** Sessions whose copy of the database is complete, in the order in which they became so. */
  get sessions(): Iterable<OvsdbSession> {
    return this.#up;
  }

  /** Replaces key and certificates of the address with this index, from the next connection on. */
  reloadTls(index: number, tls: ListenTls): void {
    this.#sockets[index]?.reloadTls(tls);
  }

  /** Replaces what OpenVTAP presents where it connects, from the next connection on. */
  reloadConnectTls(tls: ConnectTls): void {
    this.#connectTls = tls;
  }

  /** Stops accepting and connecting, and closes every session. */
  async close(reason: string): Promise<void> {
    this.#cancelCheck();
    const gone = this.#sockets.map((socket) => socket.close());
    for (const connector of this.#connectors) connector.close();
    for (const session of [...this.#open.keys()]) session.close(reason);
    await Promise.all(gone);
  }

  get #sessionOptions(): OvsdbSessionOptions {
    return { ...DEFAULT_OVSDB_OPTIONS, ...this.#options.session };
  }

  #accept(connection: AcceptedConnection): void {
    const { maxConnections, maxUnfinished } = this.#limits;
    const address = addressOf(connection.peer);
    let unfinished = 0;
    for (const [session, from] of this.#open) {
      if (from === address && !this.#up.has(session)) unfinished++;
    }
    const reason =
      this.#open.size >= maxConnections
        ? `there are ${maxConnections} OVSDB connections already`
        : unfinished >= maxUnfinished
          ? `${maxUnfinished} connections from there have not shown their database yet`
          : undefined;
    if (reason === undefined) this.#begin(connection, address, () => undefined);
    else {
      connection.socket.on("error", () => undefined);
      connection.socket.destroy();
      this.#ended(connection.peer, reason, "OVSDB connection rejected");
    }
  }

  #connectorTo(target: ConnectTarget): Connector {
    const { random = Math.random } = this.#options;
    const peer = formatTarget(target);
    const connector = new Connector(target, {
      tls: () => this.#connectTls,
      clock: this.#clock,
      random,
      timeoutMs: this.#sessionOptions.handshakeTimeoutMs,
      connected: (connection) => this.#begin(connection, peer, () => connector.ended()),
      failed: (reason) => this.#ended(peer, reason, "cannot connect to an OVSDB server"),
    });
    return connector;
  }

  #begin(connection: AcceptedConnection, address: string, ended: () => void): void {
    const { database, events, logger } = this.#options;
    const session = new OvsdbSession(connection, {
      database,
      options: this.#sessionOptions,
      clock: this.#clock,
      retained: (root) => this.#takeRetained(root),
      up: (each) => {
        this.#up.add(each);
        logger[this.#levelFor(each)]({ peer: each.peer }, "OVSDB session established");
        events.up(each);
      },
      changed: (each) => events.changed(each),
      row: (each, change) => events.row?.(each, change),
      closed: (each, reason) => {
        this.#closed(each, reason);
        ended();
      },
    });
    this.#open.set(session, address);
  }

  #closed(session: OvsdbSession, reason: string): void {
    const { peer, root, retained } = session;
    this.#open.delete(session);
    if (!this.#up.delete(session)) {
      this.#ended(peer, reason, "OVSDB connection ended before its database was complete");
      return;
    }
    if (retained) this.#retain(root, retained);
    const level = this.#levels.get(session) ?? "debug";
    this.#options.logger[level]({ peer, reason }, "OVSDB session ended");
    this.#options.events.down(session, reason);
  }

  /** A peer that connects again and again is logged once a minute. */
  #levelFor(session: OvsdbSession): "info" | "debug" {
    const [now, address] = [this.#clock.now(), addressOf(session.peer)];
    const last = this.#lastLogged.get(address) ?? Number.NEGATIVE_INFINITY;
    const level = now - last >= LOG_MS ? "info" : "debug";
    this.#levels.set(session, level);
    if (level === "info") {
      // Bounded, because a peer may have many addresses.
      if (this.#lastLogged.size >= MAX_LOGGED) this.#lastLogged.clear();
      this.#lastLogged.set(address, now);
    }
    return level;
  }

  #retain(root: string, retained: RetainedReplica): void {
    this.#retained.delete(root);
    this.#retained.set(root, retained);
    const [oldest] = this.#retained.keys();
    if (this.#retained.size > MAX_RETAINED && oldest !== undefined) this.#retained.delete(oldest);
  }

  #takeRetained(root: string): RetainedReplica | undefined {
    const retained = this.#retained.get(root);
    this.#retained.delete(root);
    return retained;
  }

  /** By address without port: a peer that retries for days is logged as a warning once per reason. */
  #ended(peer: string, reason: string, message: string): void {
    const level = this.#rejections.record({ address: addressOf(peer) }, reason) ? "warn" : "debug";
    this.#options.logger[level]({ peer, reason }, message);
  }

  #checkMemory(): void {
    this.#cancelCheck = this.#clock.after(MEMORY_CHECK_MS, () => {
      this.#limitMemory();
      this.#checkMemory();
    });
  }

  #limitMemory(): void {
    const { maxMemoryBytes } = this.#limits;
    let total = 0;
    for (const { replica } of this.#retained.values()) total += replica.memoryBytes;
    let largest: { session: OvsdbSession; bytes: number } | undefined;
    for (const session of this.#open.keys()) {
      const bytes = session.memoryBytes;
      total += bytes;
      if (largest === undefined || bytes > largest.bytes) largest = { session, bytes };
    }
    if (total <= maxMemoryBytes) return;
    this.#retained.clear();
    const mib = Math.round(maxMemoryBytes / 1024 ** 2);
    largest?.session.close(`all OVSDB peers occupy more than ${mib} MiB, and this one most`);
  }
}
