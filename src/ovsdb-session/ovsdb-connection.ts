// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from "node:stream";
import type { Steps } from "../lang/steps.ts";
import {
  JsonStream,
  OvsdbFormatError,
  type RpcMessage,
  readMessage,
  writeMessage,
} from "../ovsdb/index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { YieldTimer } from "../runtime/index.ts";
import { receiveInLaterTurn, receivingTurn } from "../runtime/receiving-turn.ts";
import { tlsFailure } from "../transport/tls-failures.ts";
import type { OvsdbSessionOptions } from "./session-options.ts";

/** Connections of OpenFlow, in the urgent lane, are handled before. */
const LANE = "ordinary";

/** Events of a connection. */
export interface OvsdbConnectionEvents {
  /** Handles a message, in steps; the next one follows when they are done. */
  message(message: RpcMessage): Steps<void>;
  /** Called once, as the last event. */
  closed(reason: string): void;
}

/**
 * JSON-RPC messages over a stream of bytes. While what has been received is being handled, nothing more is
 * read: a peer that sends faster than that waits, and of many peers each has its turn. Malformed data, and
 * a peer that does not read, end the connection.
 */
export class OvsdbConnection {
  readonly #stream: Duplex;
  readonly #options: OvsdbSessionOptions;
  readonly #clock: Clock;
  readonly #events: OvsdbConnectionEvents;
  readonly #json: JsonStream;
  /** What has been received and no turn has had time for; the stream is paused while there is some. */
  #unhandled: Steps<void> | undefined;
  #isClosed = false;
  /** When bytes were last received, or received ones were still being handled, on the clock. */
  lastReceived: number;

  constructor(
    stream: Duplex,
    options: OvsdbSessionOptions,
    clock: Clock,
    events: OvsdbConnectionEvents,
  ) {
    this.#stream = stream;
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    this.#json = new JsonStream(options.firstMessages);
    this.lastReceived = clock.now();
    stream.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    // A TLS 1.3 client learns only now that its certificate is not accepted.
    stream.on("error", (cause: Error) =>
      this.close(tlsFailure(cause) ?? `connection failed: ${cause.message}`),
    );
    stream.on("end", () => this.close("closed by the peer"));
    stream.on("close", () => this.close("connection closed"));
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Bytes of the message that has been received in part. */
  get pendingBytes(): number {
    return this.#json.pendingBytes;
  }

  /** Accepts long messages from now on. */
  acceptLong(): void {
    this.#json.limits = this.#options.messages;
  }

  send(message: RpcMessage): void {
    if (this.#isClosed) return;
    this.#stream.write(writeMessage(message));
    const { writeLimitBytes } = this.#options;
    if (this.#stream.writableLength <= writeLimitBytes) return;
    this.close(`more than ${writeLimitBytes} bytes wait for a peer that does not read`);
  }

  /** Ends the connection at once. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unhandled = undefined;
    this.#events.closed(reason);
    this.#stream.destroy();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#unhandled = this.#handling(chunk);
    this.#handle(receivingTurn(LANE));
  }

  /** Handles what has been received while the turn has time, and the rest before more is read. */
  #handle(turn: YieldTimer): void {
    this.lastReceived = this.#clock.now();
    try {
      while (!turn.shouldYield) {
        if (this.#isClosed) return;
        if (this.#unhandled?.next().done === false) continue;
        this.#unhandled = undefined;
        return;
      }
    } catch (cause) {
      if (!(cause instanceof OvsdbFormatError)) throw cause;
      this.close(`malformed message: ${cause.message}`);
      return;
    }
    this.#stream.pause();
    receiveInLaterTurn((later) => this.#handleLater(later), LANE);
  }

  #handleLater(turn: YieldTimer): void {
    if (this.#isClosed) return;
    this.#handle(turn);
    if (this.#unhandled === undefined) this.#stream.resume();
  }

  *#handling(chunk: Uint8Array): Steps<void> {
    yield;
    const messages = this.#json.push(chunk);
    yield;
    for (const json of messages) {
      yield* this.#events.message(readMessage(json));
      yield;
      if (this.#isClosed) return;
    }
  }
}
