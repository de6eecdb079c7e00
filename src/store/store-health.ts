// SPDX-License-Identifier: Apache-2.0
import type { StoreError } from "./store-error.ts";

/** Whether the store takes writes. */
export type StoreHealth =
  | { readonly state: "working" }
  | {
      readonly state: "failing";
      /** When the first write failed, in milliseconds since 1970. */
      readonly since: number;
      readonly error: StoreError;
    };

/** Time to the first and the longest time between two attempts to recover, in milliseconds. */
const [FIRST_MS, LONGEST_MS] = [250, 10_000];

/**
 * Remembers whether the store takes writes, and has it try again while it does not.
 *
 * working -failed-> failing -recovered-> working; failing -failed-> failing, tried less often
 */
export class HealthWatch {
  readonly #attempt: () => void;
  readonly #listeners = new Set<(health: StoreHealth) => void>();
  #health: StoreHealth = { state: "working" };
  #waitMs = FIRST_MS;
  #timer: NodeJS.Timeout | undefined;

  /** `attempt` is called after a while when the store is failing; it reports `failed` or `recovered`. */
  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  get health(): StoreHealth {
    return this.#health;
  }

  /** Calls back when the store begins or ends to fail, or fails for another reason. */
  subscribe(listener: (health: StoreHealth) => void): void {
    this.#listeners.add(listener);
  }

  failed(error: StoreError): void {
    const before = this.#health;
    const since = before.state === "failing" ? before.since : Date.now();
    this.#health = { state: "failing", since, error };
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#attempt();
      }, this.#waitMs).unref();
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_MS);
    }
    if (before.state === "failing" && before.error.message === error.message) return;
    this.#notify();
  }

  recovered(): void {
    this.close();
    if (this.#health.state === "working") return;
    this.#health = { state: "working" };
    this.#notify();
  }

  /** No further attempt is made. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waitMs = FIRST_MS;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener(this.#health);
  }
}
