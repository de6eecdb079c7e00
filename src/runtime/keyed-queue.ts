// SPDX-License-Identifier: Apache-2.0
/** Runs tasks of the same key one after the other; tasks of different keys do not wait. */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, Promise<unknown>>();

  run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(task, task);
    // The caller handles a failed task; the next one runs regardless.
    const done = () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    const tail: Promise<void> = result.then(done, done);
    this.#tails.set(key, tail);
    return result;
  }

  /** Resolves when all queued tasks are done. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
