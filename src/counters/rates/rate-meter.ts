// SPDX-License-Identifier: Apache-2.0
import type { Amount } from "../totals.ts";

/** Frames and bits per second. */
export interface Rate {
  readonly pps: number;
  readonly bps: number;
}

/**
 * Shortest time over which a rate is computed, in milliseconds: switches bring their counts to the tables
 * every half second, so that a shorter window shows nothing but that.
 */
export const MIN_WINDOW_MS = 1_000;

/** The rate of increments over a time in milliseconds. */
export function rateOf({ packets, bytes }: Amount, elapsedMs: number): Rate {
  return { pps: (packets * 1000) / elapsedMs, bps: (bytes * 8000) / elapsedMs };
}

/** The rate of a counter, between its last two readings. Memory only: the caller passes the time. */
export class RateMeter {
  #last: (Amount & { readonly at: number }) | undefined;
  #rate: Rate | undefined;

  /** Takes a reading of the counter at a time in milliseconds. */
  read({ packets, bytes }: Amount, at: number): void {
    const before = this.#last;
    const now = { packets, bytes, at };
    if (before === undefined || packets < before.packets || bytes < before.bytes) {
      // The first reading, or that of a counter which began anew.
      this.#last = now;
      this.#rate = undefined;
      return;
    }
    const elapsedMs = at - before.at;
    if (elapsedMs < MIN_WINDOW_MS) return;
    const more = { packets: packets - before.packets, bytes: bytes - before.bytes };
    this.#rate = rateOf(more, elapsedMs);
    this.#last = now;
  }

  /** Forgets the readings: the counter is another one from now on, or its switch is gone. */
  reset(): void {
    this.#last = undefined;
    this.#rate = undefined;
  }

  /** The rate; undefined: it is not known, or its reading is older than `since`. */
  rateSince(since: number): Rate | undefined {
    return this.#last !== undefined && this.#last.at >= since ? this.#rate : undefined;
  }
}
