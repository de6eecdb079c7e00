// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../runtime/clock.ts";

/** How waiting for rows has ended: `ended`: the session has, before they met the condition. */
export type WaitOutcome = "met" | "timed out" | "ended";

interface Waiting {
  readonly condition: () => boolean;
  readonly resolve: (outcome: WaitOutcome) => void;
  readonly cancelTimeout: CancelTimer;
}

/** Who waits for the rows of one session to meet a condition. */
export class ReplicaWaits {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(condition: () => boolean, isOpen: boolean, timeoutMs: number): Promise<WaitOutcome> {
    if (condition()) return Promise.resolve("met");
    if (!isOpen) return Promise.resolve("ended");
    return new Promise((resolve) => {
      const cancelTimeout = this.#clock.after(timeoutMs, () => this.#end(waiting, "timed out"));
      const waiting = { condition, resolve, cancelTimeout };
      this.#waiting.add(waiting);
    });
  }

  /** The rows have changed. */
  changed(): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.condition()) this.#end(waiting, "met");
    }
  }

  /** The session has ended. */
  end(): void {
    for (const waiting of [...this.#waiting]) this.#end(waiting, "ended");
  }

  #end(waiting: Waiting, outcome: WaitOutcome): void {
    this.#waiting.delete(waiting);
    waiting.cancelTimeout();
    waiting.resolve(outcome);
  }
}
