// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../runtime/clock.ts";

/** How many switches are read at once, unless some of them are slow. */
export const READS_AT_ONCE = 8;
/** How long a switch may occupy a slot, in milliseconds. */
const SLOW_AFTER_MS = 2000;

/**
 * Limits how many switches are read at once, first come first served, so that a hundred switches that
 * connect together do not delay each other and all other work. A slow switch loses its slot to the next
 * one while its own reading continues.
 */
export class ReadSlots {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(clock: Clock, atOnce = READS_AT_ONCE) {
    this.#clock = clock;
    this.#free = atOnce;
  }

  /** Runs some work when a slot is free. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let isDone = false;
    const done = () => {
      if (isDone) return;
      isDone = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
    const cancel = this.#clock.after(SLOW_AFTER_MS, done);
    try {
      return await work();
    } finally {
      cancel();
      done();
    }
  }
}
