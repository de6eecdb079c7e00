import type { Clock } from "../../runtime/clock.ts";

/** How many switches are read at once, unless some of them are slow. */
export const READS_AT_ONCE = 8;
/** How long a switch may keep others waiting, in milliseconds. */
const SLOW_AFTER_MS = 2000;

/**
 * Lets a few switches at a time be read, first come first served, so that a hundred that connect at
 * once do not drown each other and everybody else. A slow one gives its turn away: it is still being
 * read, and the others go on.
 */
export class ReadSlots {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(clock: Clock, atOnce = READS_AT_ONCE) {
    this.#clock = clock;
    this.#free = atOnce;
  }

  /** Does some work when it has its turn. */
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
