// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import { YieldTimer } from "../runtime/index.ts";
import type { EventLog } from "./event-log.ts";

/** Interval of the comments that keep a silent connection open through proxies. */
const HEARTBEAT_MS = 15_000;

/** What one stream gets at a time. */
const BATCH_CHARACTERS = 64 * 1024;

/** A client and how far it has come. */
interface Stream {
  readonly response: ServerResponse;
  /** Whether the client may still read events. */
  readonly isAllowed: () => boolean;
  /** Sequence of the next event to send. */
  next: number;
  /** Since the last batch the client's connection has taken no more. */
  isBlocked: boolean;
  /** The same at the last heartbeat. */
  wasBlocked: boolean;
}

interface StreamRequest extends Pick<Stream, "response" | "isAllowed"> {
  readonly lastEventId?: string | undefined;
}

/**
 * The open event streams. An event goes to all of them in slices of the event loop, as one text that they
 * share. A stream holds no more than a batch that its client has not read: the rest waits in the log. A
 * client that is behind the log, or that has read nothing from one heartbeat to the next, is disconnected;
 * when it returns, it receives what it missed, or a `gap`. One whose token is no longer valid gets no further
 * event, and is disconnected at the next event or heartbeat.
 */
export class EventStreams {
  readonly #log: EventLog;
  readonly #streams = new Set<Stream>();
  /** The batches of this round, by the event they begin with. */
  readonly #batches = new Map<number, { readonly bytes: Uint8Array; readonly next: number }>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unlisten: () => void;
  /** Whether something may have to be sent. */
  #isDue = false;
  #isSending = false;

  constructor(log: EventLog, heartbeatMs = HEARTBEAT_MS) {
    this.#log = log;
    this.#unlisten = log.listen(() => this.#wake());
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Sends events from now on, and before them those after `lastEventId`; returns what ends it. */
  open({ response, isAllowed, lastEventId }: StreamRequest): () => void {
    let next = this.#log.nextSequence;
    if (lastEventId === undefined) {
      response.write(this.#log.positionFrame());
    } else {
      const missed = this.#log.after(lastEventId);
      if (missed === undefined) response.write(this.#log.gapFrame());
      else next = missed;
    }
    const stream: Stream = { response, isAllowed, next, isBlocked: false, wasBlocked: false };
    this.#streams.add(stream);
    response.on("drain", () => {
      stream.isBlocked = false;
      this.#wake();
    });
    this.#wake();
    return () => {
      this.#streams.delete(stream);
      response.end();
    };
  }

  close(): void {
    this.#unlisten();
    clearInterval(this.#heartbeat);
  }

  #wake(): void {
    this.#isDue = true;
    if (this.#isSending) return;
    this.#isSending = true;
    // Events of the same turn go out together.
    setImmediate(() => void this.#send());
  }

  async #send(): Promise<void> {
    const turns = new YieldTimer();
    while (this.#isDue) {
      this.#isDue = false;
      for (const stream of this.#streams) {
        if (turns.shouldYield) await turns.yieldNow();
        if (this.#sendBatch(stream)) this.#isDue = true;
      }
      this.#batches.clear();
    }
    this.#isSending = false;
  }

  /** Sends a batch if there is one and the client takes it; returns whether it did. */
  #sendBatch(stream: Stream): boolean {
    if (stream.next >= this.#log.nextSequence) return false;
    if (stream.next < this.#log.firstSequence || !stream.isAllowed()) {
      this.#drop(stream);
      return false;
    }
    if (stream.isBlocked) return false;
    const { bytes, next } = this.#batch(stream.next);
    stream.isBlocked = !stream.response.write(bytes);
    stream.next = next;
    return true;
  }

  #batch(from: number) {
    let batch = this.#batches.get(from);
    if (!batch) {
      const { text, next } = this.#log.framesFrom(from, BATCH_CHARACTERS);
      batch = { bytes: Buffer.from(text), next };
      this.#batches.set(from, batch);
    }
    return batch;
  }

  async #beat(): Promise<void> {
    const turns = new YieldTimer();
    for (const stream of this.#streams) {
      if (turns.shouldYield) await turns.yieldNow();
      if ((stream.isBlocked && stream.wasBlocked) || !stream.isAllowed()) this.#drop(stream);
      else if (!stream.isBlocked) stream.isBlocked = !stream.response.write(": alive\n\n");
      stream.wasBlocked = stream.isBlocked;
    }
  }

  #drop(stream: Stream): void {
    this.#streams.delete(stream);
    stream.response.destroy();
  }
}
