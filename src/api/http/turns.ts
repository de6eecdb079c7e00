// SPDX-License-Identifier: Apache-2.0
/** How many requests begin at once in one turn of the event loop, and for how long, in milliseconds. */
const [PER_TURN, TURN_MS] = [4, 5];

/**
 * Makes requests take turns: few begin in one turn of the event loop, the others one in each that follows. So a
 * thousand that arrive together (on many connections, or pipelined on one) do not keep the rest waiting for
 * all of them.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** In this turn. */
  #begun = 0;
  #since = 0;

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => this.run(resolve));
  }

  /** Runs the task at once if there is room in this turn, else in a turn of its own. */
  run(task: () => void): void {
    if (this.#begun === 0) this.#startTurn();
    if (this.#waiting.length > 0 || !this.#hasRoom) {
      this.#waiting.push(task);
      return;
    }
    this.#begun++;
    task();
  }

  get #hasRoom(): boolean {
    return this.#begun < PER_TURN && performance.now() - this.#since < TURN_MS;
  }

  #startTurn(): void {
    this.#begun = 0;
    this.#since = performance.now();
    setImmediate(() => {
      this.#begun = 0;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#startTurn();
      this.#begun = 1;
      next();
    });
  }
}
