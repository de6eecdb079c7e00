// SPDX-License-Identifier: Apache-2.0

/** How many requests of a kind were answered how: by status, or by what else happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(outcome: string | number | undefined): void {
    const key = String(outcome ?? "no answer");
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Of all outcomes that begin with a text: `2` for successes. */
  count(beginning = ""): number {
    return [...this.#counts]
      .filter(([outcome]) => outcome.startsWith(beginning))
      .reduce((sum, [, count]) => sum + count, 0);
  }

  toString(): string {
    const parts = [...this.#counts].sort(([a], [b]) => a.localeCompare(b));
    return parts.map(([outcome, count]) => `${outcome}: ${count}`).join(", ") || "none";
  }
}
