// SPDX-License-Identifier: Apache-2.0

/**
 * Tasks that run together, and tasks that run alone, in the order in which they come: one that is to run
 * alone waits for those before it, and those after it wait for it.
 */
export class SharedLock {
  /** Resolves when the last task that runs alone is done. */
  #alone: Promise<unknown> = Promise.resolve();
  /** The tasks that run together since then. */
  readonly #together = new Set<Promise<unknown>>();

  /** Runs a task beside others. */
  async shared<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#alone.then(task);
    const done = result.then(ignore, ignore);
    this.#together.add(done);
    try {
      return await result;
    } finally {
      this.#together.delete(done);
    }
  }

  /** Runs a task while no other one runs. */
  async exclusive<T>(task: () => Promise<T>): Promise<T> {
    const before = Promise.all([this.#alone, ...this.#together]);
    const result = before.then(task);
    this.#alone = result.then(ignore, ignore);
    return result;
  }
}

/** The caller handles a failed task; those after it run regardless. */
function ignore(): void {}
