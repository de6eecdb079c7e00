// SPDX-License-Identifier: Apache-2.0
import { QueueClosedError } from "../../runtime/index.ts";

/**
 * Tasks that run together, and tasks that run alone, in the order in which they come: one that is to run
 * alone waits for those before it, and those after it wait for it.
 */
export class SharedLock {
  /** Resolves when the last task that runs alone is done. */
  #alone: Promise<unknown> = Promise.resolve();
  /** The tasks that run together since then. */
  readonly #together = new Set<Promise<unknown>>();
  #isClosed = false;

  /**
   * Runs a task beside others.
   *
   * @throws QueueClosedError when the lock is closed before the task begins.
   */
  async shared<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#alone.then(() => this.#begin(task));
    const done = result.then(ignore, ignore);
    this.#together.add(done);
    try {
      return await result;
    } finally {
      this.#together.delete(done);
    }
  }

  /**
   * Runs a task while no other one runs.
   *
   * @throws QueueClosedError when the lock is closed before the task begins.
   */
  async exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = this.idle().then(() => this.#begin(task));
    this.#alone = result.then(ignore, ignore);
    return result;
  }

  /** Begins nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all tasks so far are done. */
  async idle(): Promise<void> {
    await Promise.all([this.#alone, ...this.#together]);
  }

  #begin<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new QueueClosedError();
    return task();
  }
}

/** The caller handles a failed task; those after it run regardless. */
function ignore(): void {}
