// SPDX-License-Identifier: Apache-2.0
import { QueueClosedError } from "./step-queue.ts";

/** Runs tasks of the same key one after the other; tasks of different keys do not wait. */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, Promise<unknown>>();
  #isClosed = false;

  /**
   * Runs a task after those of its key that came before it.
   *
   * @throws QueueClosedError when the queue is closed before the task begins.
   */
  run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const begin = () => {
      if (this.#isClosed) throw new QueueClosedError();
      return task();
    };
    const result = before.then(begin, begin);
    // The caller handles a failed task; the next one runs regardless.
    const done = () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    const tail: Promise<void> = result.then(done, done);
    this.#tails.set(key, tail);
    return result;
  }

  /** Begins nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all queued tasks are done. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
