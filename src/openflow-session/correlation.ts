import { describeError, type Message } from "../openflow/index.ts";
import type { OpenFlowError } from "../reconcile/index.ts";
import type { MessageOf, RequestFailure } from "./outcome.ts";

/** Somebody who waits for the answer to one xid. */
export interface Waiter {
  /** A message with the xid, and its length; true when nothing more is waited for. */
  message(message: Message, bytes: number): boolean;
  /** There will be no answer. */
  fail(failure: RequestFailure): void;
}

/** A block of xids whose only answers are errors. */
interface Block {
  readonly first: number;
  readonly length: number;
  error(index: number, error: OpenFlowError): void;
}

const MAX_XID = 0xffffffff;

/** Gives out xids and brings answers to those who wait for them. */
export class Correlation {
  #next = 1;
  readonly #waiters = new Map<number, Waiter>();
  readonly #blocks = new Set<Block>();

  /** A fresh xid; never 0, which we use for nothing. */
  xid(): number {
    return this.#take(1);
  }

  /** Waits for the answers to an xid; returns how to stop. */
  expect(xid: number, waiter: Waiter): () => void {
    this.#waiters.set(xid, waiter);
    return () => this.#waiters.delete(xid);
  }

  /** A block of consecutive xids; `error` hears which of them failed, until `release`. */
  block(
    length: number,
    error: (index: number, error: OpenFlowError) => void,
  ): { readonly first: number; release(): void } {
    const block: Block = { first: this.#take(length), length, error };
    this.#blocks.add(block);
    return { first: block.first, release: () => this.#blocks.delete(block) };
  }

  /** Hands a message to whom it answers; false when it answers nobody. */
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

  /** Nobody will get an answer any more. */
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

/** The words of an error message: what it means, and what its data says if that is text. */
export function errorOf({ errorType, errorCode }: MessageOf<"error">): OpenFlowError {
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}
