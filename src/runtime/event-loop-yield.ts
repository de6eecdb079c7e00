// SPDX-License-Identifier: Apache-2.0
/** Longest uninterrupted work on the event loop, in milliseconds. */
const MAX_TURN_MS = 10;

/**
 * Divides long work into turns of the event loop: when `shouldYield` is true, await `yieldNow`. The
 * data being worked on may change in between.
 */
export class YieldTimer {
  #began = performance.now();
  readonly #maxMs: number;

  constructor(maxMs = MAX_TURN_MS) {
    this.#maxMs = maxMs;
  }

  get shouldYield(): boolean {
    return performance.now() - this.#began >= this.#maxMs;
  }

  /** Yields to the event loop. */
  async yieldNow(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#began = performance.now();
  }
}
