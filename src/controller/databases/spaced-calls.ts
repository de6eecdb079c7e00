// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../runtime/clock.ts";

/** Calls back soon, and not again until some time later: the first of several changes is not delayed by the others. */
export class SpacedCalls<K> {
  readonly #clock: Clock;
  readonly #soonMs: number;
  readonly #spaceMs: number;
  /** When the last callback of each key was, or is to be, on the clock. */
  readonly #at = new Map<K, number>();

  constructor(clock: Clock, soonMs: number, spaceMs: number) {
    this.#clock = clock;
    this.#soonMs = soonMs;
    this.#spaceMs = spaceMs;
  }

  /** Calls back, unless a callback of the key is due already. */
  schedule(key: K, callback: () => void): void {
    const now = this.#clock.now();
    const last = this.#at.get(key) ?? Number.NEGATIVE_INFINITY;
    if (last > now) return;
    const at = Math.max(now + this.#soonMs, last + this.#spaceMs);
    this.#at.set(key, at);
    this.#clock.after(at - now, callback);
  }

  delete(key: K): void {
    this.#at.delete(key);
  }
}
