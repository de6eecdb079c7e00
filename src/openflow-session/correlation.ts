// SPDX-License-Identifier: Apache-2.0
import { describeError, type Message } from "../openflow/index.ts";
import type { OpenFlowError } from "../reconcile/index.ts";
import type { MessageOf, RequestFailure } from "./request-outcome.ts";

/** A pending request: waits for the reply with one xid. */
export interface Waiter {
  /** Takes a message with the xid, and its length; true when the reply is complete. */
  message(message: Message, bytes: number): boolean;
  /** There will be no reply. */
  fail(failure: RequestFailure): void;
}

/** A block of xids whose only replies are errors. */
interface Block {
  readonly first: number;
  readonly length: number;
  error(index: number, error: OpenFlowError): void;
}

const MAX_XID = 0xffffffff;

/** Assigns xids and dispatches replies to the requests that wait for them. */
export class Correlation {
  #next = 1;
  readonly #waiters = new Map<number, Waiter>();
  readonly #blocks = new Set<Block>();

  /** A fresh xid; never 0. */
  xid(): number {
    return this.#take(1);
  }

  /** Waits for the replies to an xid; returns a function that stops waiting. */
  expect(xid: number, waiter: Waiter): () => void {
    this.#waiters.set(xid, waiter);
    return () => this.#waiters.delete(xid);
  }

  /** A block of consecutive xids; `error` is called for each that failed, until `release`. */
  block(
    length: number,
    error: (index: number, error: OpenFlowError) => void,
  ): { readonly first: number; release(): void } {
    const block: Block = { first: this.#take(length), length, error };
    this.#blocks.add(block);
    return { first: block.first, release: () => this.#blocks.delete(block) };
  }

  /** Passes a message to the request that it answers; false when there is none. */
  dispatch(message: Message, bytes: number): boolean {
    const waiter = this.#waiters.get(message.xid);
    if (waiter) {
      if (message.type === "error") {
        this.#waiters.delete(message.xid);
        waiter.fail({ type: "error", error: errorOf(message) });
      } else if (waiter.message(message, bytes)) this.#waiters.delete(message.xid);
      return true;
    }
    if (message.type !== "error") return false;
    for (const block of this.#blocks) {
      const index = message.xid - block.first;
      if (index < 0 || index >= block.length) continue;
      block.error(index, errorOf(message));
      return true;
    }
    return false;
  }

  /** Fails all pending requests. */
  failAll(reason: string): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    this.#blocks.clear();
    for (const waiter of waiters) waiter.fail({ type: "closed", reason });
  }

  #take(length: number): number {
    if (this.#next + length > MAX_XID) this.#next = 1;
    const first = this.#next;
    this.#next += length;
    return first;
  }
}

/** Describes an error message in words. */
function errorOf({ errorType, errorCode }: MessageOf<"error">): OpenFlowError {
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}
