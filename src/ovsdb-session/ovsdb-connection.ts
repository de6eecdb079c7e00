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
import { YieldTimer } from "../runtime/index.ts";
import { receivingTurn } from "../runtime/receiving-turn.ts";
import type { OvsdbSessionOptions } from "./session-options.ts";

/** Longest uninterrupted work on what one peer has sent, in milliseconds. */
const SLICE_MS = 5;

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
    stream.on("data", (chunk: Uint8Array) => void this.#receive(chunk));
    stream.on("error", (cause: Error) => this.close(`connection failed: ${cause.message}`));
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
    this.#events.closed(reason);
    this.#stream.destroy();
  }

  /** Never rejects for what a peer has sent. */
  async #receive(chunk: Uint8Array): Promise<void> {
    if (this.#isClosed) return;
    this.lastReceived = this.#clock.now();
    this.#stream.pause();
    try {
      const slices = new YieldTimer(SLICE_MS);
      // In this turn other peers may have been handled already.
      let turn: YieldTimer | undefined = receivingTurn();
      for (const _ of this.#handling(chunk)) {
        if (this.#isClosed) return;
        if (!slices.shouldYield && !turn?.shouldYield) continue;
        await slices.yieldNow();
        turn = undefined;
        if (this.#isClosed) return;
      }
    } catch (cause) {
      if (!(cause instanceof OvsdbFormatError)) throw cause;
      this.close(`malformed message: ${cause.message}`);
      return;
    }
    this.lastReceived = this.#clock.now();
    this.#stream.resume();
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
