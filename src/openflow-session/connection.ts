// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from "node:stream";
import {
  BadRequestCode,
  DecodeError,
  decodeMessage,
  ErrorType,
  encodeMessage,
  error,
  Framer,
  type Message,
} from "../openflow/index.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";
import type { YieldTimer } from "../runtime/index.ts";
import { receiveInLaterTurn, receivingTurn } from "../runtime/receiving-turn.ts";
import { tlsFailure } from "../transport/tls-failures.ts";
import type { SessionOptions } from "./session-options.ts";

/** Bytes written to the stream at once, so that small messages share a write. */
const CHUNK_BYTES = 16 * 1024;
/** An OpenFlow peer begins with a hello, which is short. */
const MAX_HELLO_BYTES = 1024;
const HEADER_BYTES = 8;
const HELLO_TYPE = 0;
const LAST_SYMMETRIC_TYPE = 3;
/** Time for a rejected peer to read the reason, in milliseconds. */
const REJECTION_READ_MS = 1_000;

/** Events of a connection. */
export interface ConnectionEvents {
  /** A received message, and its length. */
  message(message: Message, bytes: number): void;
  /** Called once, as the last event. */
  closed(reason: string): void;
}

/**
 * OpenFlow messages over a stream of bytes (TCP or TLS).
 *
 * Reading: a burst takes several turns of the event loop; malformed data ends the connection. Writing: messages are gathered into chunks; unread bytes
 * are counted, bulk senders wait on `drained`, and a peer that reads nothing for too long, or leaves
 * too much unread, is disconnected.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #framer: Framer;
  /** Received messages that no turn has had time for; the stream is paused while there are some. */
  #unhandled: Iterator<Uint8Array> | undefined;
  /** First bytes, until they are recognised as OpenFlow. */
  #head: Uint8Array | undefined = new Uint8Array(0);
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #flushScheduled = false;
  /** Bytes written to the stream and not yet flushed to the socket. */
  #unsentBytes = 0;
  #progress = false;
  #cancelStall: CancelTimer | undefined;
  #waiting: ((open: boolean) => void)[] = [];
  #closed = false;
  /** When bytes were last received, on the clock. */
  lastReceived: number;

  constructor(stream: Duplex, options: SessionOptions, clock: Clock, events: ConnectionEvents) {
    this.#stream = stream;
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    this.#framer = new Framer({ maxMessageBytes: options.maxMessageBytes });
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
    return !this.#closed;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.#gatheredBytes + this.#unsentBytes;
  }

  /** Whether bulk senders should wait for `drained`. */
  get isCongested(): boolean {
    return this.waitingBytes > this.#options.writeHighWaterBytes;
  }

  /**
   * Sends a message.
   * @throws EncodeError for a message that the wire cannot carry
   */
  send(message: Message): void {
    this.sendBytes(encodeMessage(message));
  }

  /** Sends an encoded message. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.waitingBytes > this.#options.writeLimitBytes) {
      this.close(`${this.waitingBytes} bytes wait for a peer that does not read`);
    } else if (this.#gatheredBytes >= CHUNK_BYTES) {
      this.#flush();
    } else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      queueMicrotask(() => {
        this.#flushScheduled = false;
        this.#flush();
      });
    }
  }

  /** Resolves to true when most of the waiting bytes are sent, or to false when the connection is closed. */
  drained(): Promise<boolean> {
    if (this.#closed || !this.isCongested) return Promise.resolve(!this.#closed);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the connection at once. */
  close(reason: string): void {
    if (this.#finish(reason)) this.#stream.destroy();
  }

  /** Sends a last message, gives the peer time to read it, and ends the connection. */
  reject(answer: Message, reason: string): void {
    if (this.#closed) return;
    this.#flush();
    const bytes = encodeMessage(answer);
    if (!this.#finish(reason)) return;
    this.#stream.end(bytes);
    const cancel = this.#clock.after(REJECTION_READ_MS, () => this.#stream.destroy());
    this.#stream.once("close", cancel);
  }

  #finish(reason: string): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#cancelStall?.();
    this.#unhandled = undefined;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
    this.#events.closed(reason);
    return true;
  }

  #flush(): void {
    const bytes = this.#gatheredBytes;
    if (this.#closed || bytes === 0) return;
    const chunk = Buffer.concat(this.#gathered, bytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#unsentBytes += bytes;
    this.#stream.write(chunk, () => this.#taken(bytes));
    if (!this.#cancelStall) this.#watchStall();
  }

  #taken(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#progress = true;
    if (this.#waiting.length === 0) return;
    if (this.waitingBytes > this.#options.writeHighWaterBytes / 2) return;
    for (const resolve of this.#waiting.splice(0)) resolve(!this.#closed);
  }

  #watchStall(): void {
    this.#progress = false;
    this.#cancelStall = this.#clock.after(this.#options.writeStallMs, () => {
      this.#cancelStall = undefined;
      if (this.#unsentBytes === 0) return;
      if (this.#progress) this.#watchStall();
      else this.close(`the peer has read nothing for ${this.#options.writeStallMs} ms`);
    });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.lastReceived = this.#clock.now();
    const bytes = this.#head ? this.#checkHead(this.#head, chunk) : chunk;
    if (!bytes) return;
    this.#orCloseOnMalformed(() => {
      this.#unhandled = this.#framer.push(bytes).values();
      this.#handle(receivingTurn("urgent"));
    });
  }

  /** Handles received messages while the turn has time, and the rest of them before more is read. */
  #handle(turn: YieldTimer): void {
    while (!turn.shouldYield) {
      const next = this.#unhandled?.next();
      if (next === undefined || next.done) {
        this.#unhandled = undefined;
        return;
      }
      const message = this.#decode(next.value);
      if (message) this.#events.message(message, next.value.length);
      if (this.#closed) return;
    }
    this.#stream.pause();
    receiveInLaterTurn((later) => this.#handleLater(later), "urgent");
  }

  #handleLater(turn: YieldTimer): void {
    if (this.#closed) return;
    this.#orCloseOnMalformed(() => this.#handle(turn));
    if (this.#unhandled === undefined) this.#stream.resume();
  }

  #orCloseOnMalformed(handle: () => void): void {
    try {
      handle();
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      this.close(`malformed message: ${cause.message}`);
    }
  }

  /** Checks the first header before any data of an unknown peer is buffered. */
  #checkHead(head: Uint8Array, chunk: Uint8Array): Uint8Array | undefined {
    const bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (bytes.length < HEADER_BYTES) {
      this.#head = bytes;
      return undefined;
    }
    this.#head = undefined;
    const [version = 0, type = 0, high = 0, low = 0] = bytes;
    const length = high * 256 + low;
    const plausible = version > 0 && type <= LAST_SYMMETRIC_TYPE && length >= HEADER_BYTES;
    if (plausible && (type !== HELLO_TYPE || length <= MAX_HELLO_BYTES)) return bytes;
    const first = Buffer.from(bytes.subarray(0, HEADER_BYTES)).toString("hex");
    this.close(`not OpenFlow: the connection begins with ${first}`);
    return undefined;
  }

  #decode(frame: Uint8Array): Message | undefined {
    try {
      return decodeMessage(frame);
    } catch (cause) {
      if (!(cause instanceof DecodeError) || cause.code !== "bad-type") throw cause;
      // Well framed, of an unknown type: answer with an error and go on, as the specification requires.
      const { BadRequest: errorType } = ErrorType;
      const xid = new DataView(frame.buffer, frame.byteOffset).getUint32(4);
      const data = frame.slice(0, 64);
      this.send(error({ errorType, errorCode: BadRequestCode.BAD_TYPE, xid, data }));
      return undefined;
    }
  }
}
