// SPDX-License-Identifier: Apache-2.0
import type { NumberNeed } from "../overlap/number-need.ts";
import type { CopyNumbers, NumberKeys } from "./copy-numbers.ts";

interface Claim {
  readonly need: NumberNeed;
  readonly keys: NumberKeys;
}

/**
 * Numbers that are kept for copies which use others at present: those of a policy that requests the same copies.
 * When that policy goes, the copies need their own, at once.
 */
export class NumberClaims<Owner> {
  readonly #numbers: CopyNumbers;
  readonly #claims = new Map<Owner, readonly Claim[]>();

  constructor(numbers: CopyNumbers) {
    this.#numbers = numbers;
  }

  /** Replaces what an owner claims. */
  set(owner: Owner, needs: readonly NumberNeed[]): void {
    const before = this.#claims.get(owner);
    if (before === undefined && needs.length === 0) return;
    const claims = needs.map((need) => {
      return { need, keys: this.#numbers.acquire(need.copy, need.truncate) };
    });
    if (claims.length > 0) this.#claims.set(owner, claims);
    else this.#claims.delete(owner);
    for (const { keys } of before ?? []) this.#numbers.release(keys);
  }

  /** What is claimed and not to be had, by owner. */
  lacking(): ReadonlyMap<Owner, readonly NumberNeed[]> {
    const found = new Map<Owner, readonly NumberNeed[]>();
    if (!this.#numbers.areShort) return found;
    for (const [owner, claims] of this.#claims) {
      const lacking = claims.filter(({ need }) => !this.#numbers.has(need.copy, need.truncate));
      if (lacking.length > 0)
        found.set(
          owner,
          lacking.map(({ need }) => need),
        );
    }
    return found;
  }
}
