import { YieldTimer } from "../runtime/index.ts";

/**
 * Holds back what would change the ledger while a picture of it is taken in many turns. Were one half of
 * the picture older than the other, a restart from it would count copies twice, or never.
 */
export class SnapshotGate {
  /** What waits; undefined: the gate is open. */
  #waiting: (() => void)[] | undefined;

  /** Makes a change, now or when the gate opens; changes keep their order. */
  pass(change: () => void): void {
    if (this.#waiting) this.#waiting.push(change);
    else change();
  }

  /** Runs a task while nothing passes, then makes the changes that came meanwhile. */
  async closedDuring<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting = [];
    try {
      return await task();
    } finally {
      await this.#open(this.#waiting);
    }
  }

  async #open(waiting: readonly (() => void)[]): Promise<void> {
    const turns = new YieldTimer();
    try {
      // More may come while others have their turn.
      for (const change of waiting) {
        if (turns.shouldYield) await turns.yieldNow();
        change();
      }
    } finally {
      this.#waiting = undefined;
    }
  }
}
