// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../runtime/index.ts";

/**
 * Delays changes of the ledger while a snapshot of it is taken, which yields to the event loop. If one
 * half of the snapshot were older than the other, a restart from it would count copies twice, or never.
 *
 * Transitions: open -> (closedDuring) closed -> (task over) draining -> open.
 */
export class SnapshotGate {
  /** The delayed changes; undefined: the gate is open. */
  #waiting: (() => void)[] | undefined;

  /** Makes a change, now or when the gate opens; changes keep their order. */
  pass(change: () => void): void {
    if (this.#waiting) this.#waiting.push(change);
    else change();
  }

  /** Runs a task while the gate is closed, then makes the changes delayed meanwhile. */
  async closedDuring<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting = [];
    try {
      return await task();
    } finally {
      await this.#open(this.#waiting);
    }
  }

  async #open(waiting: readonly (() => void)[]): Promise<void> {
    const yielding = new YieldTimer();
    try {
      // More changes may be added while the loop yields.
      for (const change of waiting) {
        if (yielding.shouldYield) await yielding.yieldNow();
        change();
      }
    } finally {
      this.#waiting = undefined;
    }
  }
}
