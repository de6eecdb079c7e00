/** How long work goes on before others have a turn of the event loop, in milliseconds. */
const TURN_MS = 10;

/**
 * Divides long work into turns of the event loop: while `isOver` is false go on, else await `next`.
 * What is worked on may change in between.
 */
export class YieldTimer {
  #began = performance.now();

  get shouldYield(): boolean {
    return performance.now() - this.#began >= TURN_MS;
  }

  /** Lets everybody else have a turn. */
  async yieldNow(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#began = performance.now();
  }
}
