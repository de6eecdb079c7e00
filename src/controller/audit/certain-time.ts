// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../runtime/clock.ts";

/** Time for which the wall clock must have gone as the monotonic clock does, in milliseconds. */
export const CERTAIN_AFTER_MS = 600_000;

/** Both clocks agree up to this difference, in milliseconds: the wall clock is corrected in small steps. */
const MOST_DIFFERENCE_MS = 60_000;

/**
 * The wall clock, once it is certain: a clock that is set to a wrong time for a moment must not delete anything. It
 * is certain when it agrees with a reading at least ten minutes ago by the monotonic clock.
 */
export class CertainTime {
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  #reading: { readonly clock: number; readonly wall: number } | undefined;

  /** @param wallClock milliseconds since the epoch */
  constructor(clock: Clock, wallClock: () => number) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** Reads both clocks. Milliseconds since the epoch; undefined: not certain. */
  read(): number | undefined {
    const now = { clock: this.#clock.now(), wall: this.#wallClock() };
    this.#reading ??= now;
    const before = this.#reading;
    const passed = now.clock - before.clock;
    if (Math.abs(now.wall - before.wall - passed) > MOST_DIFFERENCE_MS) {
      this.#reading = now;
      return undefined;
    }
    return passed >= CERTAIN_AFTER_MS ? now.wall : undefined;
  }
}
