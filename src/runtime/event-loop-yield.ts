// SPDX-License-Identifier: Apache-2.0
import { inLaterTurn } from "./later-turns.ts";
import { perTurn } from "./per-turn.ts";

/** Longest uninterrupted work on the event loop, in milliseconds. */
const MAX_TURN_MS = 10;

/** What work gets in a turn of the event loop of which other work has used all, in milliseconds. */
const LEAST_MS = 2;

/** When work of this turn of the event loop was first found to have used its least time. */
const beginOfTurn = perTurn(() => performance.now());

/**
 * Divides long work into turns of the event loop: when `shouldYield` is true, await `yieldNow`. The
 * data being worked on may change in between. Of many that work at the same time, one continues in
 * each turn: together they hold the event loop no longer than one. What else is timed in the same turn
 * counts, too: messages received, reports due, then a slice. It is ordinary work: what switches wait for
 * runs in a `StepQueue`.
 */
export class YieldTimer {
  #began = performance.now();
  readonly #maxMs: number;
  readonly #leastMs: number;

  /** `leastMs`: what it gets in a turn of which other work has used all. */
  constructor(maxMs = MAX_TURN_MS, leastMs = LEAST_MS) {
    this.#maxMs = maxMs;
    this.#leastMs = leastMs;
  }

  /** Of a length that other work of the turn does not shorten: most operations are done in one. */
  static whole(): YieldTimer {
    return new YieldTimer(MAX_TURN_MS, MAX_TURN_MS);
  }

  get shouldYield(): boolean {
    const now = performance.now();
    const usedMs = now - this.#began;
    return usedMs >= this.#maxMs || (usedMs >= this.#leastMs && now - beginOfTurn() >= this.#maxMs);
  }

  /** Yields to the event loop. */
  async yieldNow(): Promise<void> {
    await new Promise<void>((resolve) => inLaterTurn(resolve));
    this.#began = performance.now();
  }
}

/** Resolves in the next turn of the event loop, whatever long work continues in it. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
