// SPDX-License-Identifier: Apache-2.0
import { type Message, MultipartFlags, type MultipartReplyBody } from "../openflow/index.ts";
import type { Waiter } from "./correlation.ts";
import type { RequestFailure, RequestOutcome } from "./request-outcome.ts";

/**
 * Gathers the parts of a multipart reply, up to the one without the More flag.
 *
 * @spec OpenFlow 1.4.1 §7.3.5
 */
export class MultipartParts<T extends MultipartReplyBody> implements Waiter {
  readonly #type: string;
  readonly #maxBytes: number;
  readonly #done: (outcome: RequestOutcome<readonly T[]>) => void;
  readonly #each: ((part: T) => void) | undefined;
  readonly #parts: T[] = [];
  #bytes = 0;

  /**
   * `maxBytes` bounds all parts together. With `each`, which receives the parts, none is kept.
   */
  constructor(
    type: T["type"],
    maxBytes: number,
    done: (outcome: RequestOutcome<readonly T[]>) => void,
    each?: (part: T) => void,
  ) {
    this.#type = type;
    this.#maxBytes = maxBytes;
    this.#done = done;
    this.#each = each;
  }

  message(message: Message, bytes: number): boolean {
    if (message.type !== "multipartReply" || message.multipart.type !== this.#type) {
      return this.#fail(`a ${message.type} answers a multipart request for ${this.#type}`);
    }
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) {
      return this.#fail(`the multipart reply exceeds ${this.#maxBytes} bytes`);
    }
    if (this.#each) this.#each(message.multipart as T);
    else this.#parts.push(message.multipart as T);
    if ((message.flags & MultipartFlags.More) !== 0) return false;
    this.#done({ type: "reply", reply: this.#parts });
    return true;
  }

  fail(failure: RequestFailure): void {
    this.#done(failure);
  }

  #fail(reason: string): true {
    this.#done({ type: "unexpected", reason });
    return true;
  }
}
