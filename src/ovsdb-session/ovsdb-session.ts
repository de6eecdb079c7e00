// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../lang/steps.ts";
import {
  type Database,
  type Json,
  MONITOR_METHODS,
  type MonitorMethod,
  type Operation,
  OvsdbFormatError,
  type PresentColumns,
  presentColumns,
  Replica,
  type RowChange,
  type RowOf,
  type RpcMessage,
  selectAll,
  selectedRows,
  type Table,
  type TableUpdates,
} from "../ovsdb/index.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import { startKeepalive } from "../transport/keepalive.ts";
import type { AcceptedConnection } from "../transport/listening-socket.ts";
import { OvsdbConnection } from "./ovsdb-connection.ts";
import { ReplicaWaits, type WaitOutcome } from "./replica-waits.ts";
import type { OvsdbSessionOptions } from "./session-options.ts";
import { type Replied, type Reply, type TransactionOutcome, Transactions } from "./transactions.ts";

/** A copy of a database up to a transaction, from which a later session continues. */
export interface RetainedReplica {
  readonly replica: Replica;
  readonly transaction: string;
}

/** Inputs of a session. */
export interface OpenOvsdbSession {
  readonly database: Database;
  readonly options: OvsdbSessionOptions;
  readonly clock: Clock;
  /** What is left of an earlier session with the database of this root row; it is taken over. */
  readonly retained: (root: string) => RetainedReplica | undefined;
  /** The copy of the database is complete. Called at most once, before `changed`. */
  readonly up: (session: OvsdbSession) => void;
  readonly changed: (session: OvsdbSession) => void;
  /** A row differs, one of the first copy included: before the updates that contain it are complete. */
  readonly row?: (session: OvsdbSession, change: RowChange) => void;
  /** Called exactly once. */
  readonly closed: (session: OvsdbSession, reason: string) => void;
}

/**
 * One connection to a database server; it follows the database.
 *
 * States: schema (which columns the server has) -> identifying (which database it is) -> loading (the
 * first copy) -> up -> closed; closed follows every state.
 */
export class OvsdbSession {
  readonly peer: string;
  readonly isTls: boolean;
  readonly certificate: string | undefined;
  readonly #open: OpenOvsdbSession;
  readonly #connection: OvsdbConnection;
  readonly #waiting = new Map<number, Replied>();
  readonly #transactions: Transactions;
  readonly #waits: ReplicaWaits;
  #lastId = 0;
  #root = "";
  #replica: Replica;
  #method: MonitorMethod | undefined;
  #transaction: string | undefined;
  /** Whether updates have been applied in part. */
  #isApplying = false;
  #isUp = false;
  #cancelHandshake: CancelTimer;
  #stopKeepalive: CancelTimer = () => undefined;

  constructor({ socket, peer, isTls, certificate }: AcceptedConnection, open: OpenOvsdbSession) {
    const { options, clock, database } = open;
    this.peer = peer;
    this.isTls = isTls;
    this.certificate = certificate;
    this.#open = open;
    this.#replica = new Replica(database, options.replica);
    this.#waits = new ReplicaWaits(clock);
    this.#transactions = new Transactions({
      ...{ database: database.name, options, clock, isOpen: () => this.isOpen },
      request: (params, replied) => this.#request("transact", params, replied),
    });
    this.#connection = new OvsdbConnection(socket, options, clock, {
      message: (message) => this.#receive(message),
      closed: (reason) => this.#closed(reason),
    });
    this.#cancelHandshake = clock.after(options.handshakeTimeoutMs, () =>
      this.close(`the database is not complete after ${options.handshakeTimeoutMs} ms`),
    );
    this.#request("get_schema", [database.name], (reply) => this.#schema(reply));
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** When data was last received, on the clock. */
  get lastReceived(): number {
    return this.#connection.lastReceived;
  }

  /** The uuid of the database's root row; "" before it is known. */
  get root(): string {
    return this.#root;
  }

  /** The rows as last received; complete once the session is up. */
  get replica(): Replica {
    return this.#replica;
  }

  /** Whether the rows are those of one moment of the database: no updates have been applied in part. */
  get isConsistent(): boolean {
    return this.#isUp && !this.#isApplying;
  }

  /** What a later session can continue from. */
  get retained(): RetainedReplica | undefined {
    const transaction = this.#transaction;
    if (!this.isConsistent || transaction === undefined) return undefined;
    return { replica: this.#replica, transaction };
  }

  /**
   * Reads all rows of a table, by uuid; undefined: refused, or the session has ended. `of`: another database of the
   * server.
   */
  select<T extends Table>(
    table: T,
    of = this.#open.database.name,
  ): Promise<ReadonlyMap<string, RowOf<T>> | undefined> {
    return this.#transactions.select(table, of);
  }

  /** Carries out all of the operations, or none. */
  transact<const T extends readonly Operation[]>(operations: T): Promise<TransactionOutcome<T>> {
    return this.#transactions.transact(operations);
  }

  /** Waits until the rows meet a condition, which is tried after each change, for some milliseconds at most. */
  until(condition: (replica: Replica) => boolean, timeoutMs: number): Promise<WaitOutcome> {
    return this.#waits.add(() => condition(this.#replica), this.isOpen, timeoutMs);
  }

  /** About how many bytes the session occupies. */
  get memoryBytes(): number {
    return this.#connection.pendingBytes * PARSED_FACTOR + this.#replica.memoryBytes;
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }

  #request(method: string, params: readonly Json[], replied: Replied): void {
    if (!this.isOpen) return void replied(undefined)?.next();
    const id = ++this.#lastId;
    this.#waiting.set(id, replied);
    this.#connection.send({ type: "request", id, method, params });
  }

  *#receive(message: RpcMessage): Steps<void> {
    if (message.type === "reply") {
      const steps = this.#replyTo(message);
      if (steps) yield* steps;
    } else if (message.type === "notification") yield* this.#notified(message);
    else {
      const { id, method, params } = message;
      const isEcho = method === "echo";
      const answer = isEcho ? { result: params, error: null } : { result: null, error: UNKNOWN };
      this.#connection.send({ type: "reply", id, ...answer });
    }
  }

  #replyTo(reply: Reply): Steps<void> | undefined {
    const id = Number(reply.id);
    const replied = this.#waiting.get(id);
    this.#waiting.delete(id);
    return replied?.(reply);
  }

  #schema(reply: Reply | undefined): undefined {
    const { database } = this.#open;
    if (!reply) return;
    if (reply.error !== null) {
      this.close(`there is no database ${database.name} (${errorText(reply.error)})`);
      return;
    }
    const columns = presentColumns(database, reply.result);
    const { root } = database;
    this.#request(
      "transact",
      selectAll(database.name, { name: root.name, columns: {} }),
      (answer) => this.#identify(columns, answer),
    );
  }

  *#identify(columns: PresentColumns, reply: Reply | undefined): Steps<void> {
    const { database, retained } = this.#open;
    if (!reply) return;
    if (reply.error !== null) {
      this.close(`table ${database.root.name} is refused (${errorText(reply.error)})`);
      return;
    }
    const rows = yield* selectedRows(database.root, reply.result);
    const [root] = rows.keys();
    if (root === undefined) {
      // Open vSwitch has been started for the first time, and is not initialized yet.
      this.close(`table ${database.root.name} is empty`);
      return;
    }
    this.#root = root;
    this.#connection.acceptLong();
    this.#monitor(columns, MONITOR_METHODS, retained(root));
  }

  /** Asks for the best method, and for the next one when the server does not know it. */
  #monitor(
    columns: PresentColumns,
    [method, ...others]: readonly MonitorMethod[],
    retained: RetainedReplica | undefined,
  ): void {
    if (method === undefined) {
      this.close("the server has no way to follow a database");
      return;
    }
    const { database } = this.#open;
    const params = method.params(database.name, columns, retained?.transaction);
    const replied = (reply: Reply | undefined) => this.#loaded(method, retained, reply);
    this.#request(method.method, params, (reply) => {
      if (!reply || reply.error === null) return replied(reply);
      this.#monitor(columns, others, undefined);
      return undefined;
    });
  }

  *#loaded(
    method: MonitorMethod,
    retained: RetainedReplica | undefined,
    reply: Reply | undefined,
  ): Steps<void> {
    if (!reply) return;
    this.#method = method;
    const { updates, continues, transaction } = method.started(reply.result);
    if (continues) {
      if (retained === undefined) throw new OvsdbFormatError("updates continue from nothing");
      this.#replica = retained.replica;
    }
    yield* this.#apply(updates);
    this.#transaction = transaction;
    this.#cancelHandshake();
    this.#isUp = true;
    this.#stopKeepalive = this.#keepalive();
    this.#open.up(this);
  }

  *#notified({ method, params }: { method: string; params: readonly Json[] }): Steps<void> {
    if (method === "monitor_canceled") return this.close("the server has removed the database");
    if (this.#method === undefined || method !== this.#method.notification) return;
    const { updates, transaction } = this.#method.notified(params);
    yield* this.#apply(updates);
    this.#transaction = transaction;
    this.#open.changed(this);
    this.#waits.changed();
  }

  *#apply(updates: TableUpdates): Steps<void> {
    this.#isApplying = true;
    yield* this.#replica.apply(updates, (change) => this.#open.row?.(this, change));
    this.#isApplying = false;
  }

  #keepalive(): CancelTimer {
    const { options, clock } = this.#open;
    const watched = {
      lastReceived: () => this.#connection.lastReceived,
      probe: () => this.#request("echo", [], () => undefined),
      lost: (reason: string) => this.close(reason),
    };
    return startKeepalive(watched, options, clock);
  }

  #closed(reason: string): void {
    this.#cancelHandshake();
    this.#stopKeepalive();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    // Without a reply they take no more than one step.
    for (const replied of waiting) replied(undefined)?.next();
    this.#waits.end();
    this.#open.closed(this, reason);
  }
}

/** How much larger a message is as values than as text, at most times. */
const PARSED_FACTOR = 4;

const UNKNOWN = { error: "unknown method" };

/** An error of a server for a log: its words, shortened. */
function errorText(error: Json): string {
  return JSON.stringify(error).slice(0, 200);
}
