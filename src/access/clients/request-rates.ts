// SPDX-License-Identifier: Apache-2.0

/** Projects that are remembered; beyond them the one without a request for longest is forgotten. */
const MOST_PROJECTS = 10_000;

interface Bucket {
  /** Requests that may come at once, at `atMs`. */
  tokens: number;
  atMs: number;
}

/**
 * How many requests a project may send: a token bucket for each, which holds the requests of one second. Times are
 * milliseconds on a steady clock.
 */
export class RequestRates {
  readonly #perSecondOf: (project: string) => number | undefined;
  /** The one used last at the end. */
  readonly #buckets = new Map<string, Bucket>();

  /** `perSecondOf`: undefined for a project without a limit. */
  constructor(perSecondOf: (project: string) => number | undefined) {
    this.#perSecondOf = perSecondOf;
  }

  /** How many projects are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Counts a request; returns after how long one is allowed, 0 if this one is. A refused one does not count. */
  take(project: string, nowMs: number): number {
    const perSecond = this.#perSecondOf(project);
    if (perSecond === undefined) return 0;
    const most = Math.max(1, perSecond);
    const { tokens, atMs } = this.#buckets.get(project) ?? { tokens: most, atMs: nowMs };
    const present = Math.min(most, tokens + ((nowMs - atMs) * perSecond) / 1000);
    const isAllowed = present >= 1;
    this.#buckets.delete(project);
    this.#buckets.set(project, { tokens: present - (isAllowed ? 1 : 0), atMs: nowMs });
    if (this.#buckets.size > MOST_PROJECTS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return isAllowed ? 0 : ((1 - present) * 1000) / perSecond;
  }
}
