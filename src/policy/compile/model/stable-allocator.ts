// SPDX-License-Identifier: Apache-2.0
import { lowerBoundOf } from "../../../lang/lower-bound.ts";

/** The number that a key requests at its n-th attempt (from 0); undefined: no more requests. */
type Preference = (key: string, attempt: number) => number | undefined;

interface Claim {
  readonly key: string;
  /** Numbers are unique within a scope only. */
  readonly scope: string;
  users: number;
  /** The numbers requested and lost to smaller keys, then the number that the claim holds. */
  requested: number[];
  /** The claim has lost every number that it can request. */
  exhausted: boolean;
  /** The number stays with the key, whichever keys come, until it is freed. */
  isHeld: boolean;
}

/**
 * Allocates numbers to keys such that the result depends only on the set of keys, not on the order in
 * which they came: two controllers must compute the same tables.
 *
 * Each claim requests its first choice, then its next, and so on; of the claims that request a number
 * the smallest key holds it. As every number ranks the claims in the same order, the outcome equals
 * that of serving the claims in the order of their keys, whatever their history.
 *
 * A key can be made to keep its number (`hold`, `restore`): then the result depends on the set of keys and
 * on the numbers that are held, which no other key gets. A key without users keeps it, too, until it is freed.
 */
export class StableAllocator {
  readonly #preference: Preference;
  readonly #claims = new Map<string, Claim>();
  /** By scope and number: the claims that request it, the one that has it first (see `precedes`). */
  readonly #requesters = new Map<string, Claim[]>();
  readonly #renumbered = new Set<Claim>();
  /** How many claims are exhausted. */
  #exhausted = 0;

  constructor(preference: Preference) {
    this.#preference = preference;
  }

  /** Acquires the number of a key for one more user; undefined when none is left for it. */
  acquire(key: string, scope: string): number | undefined {
    let claim = this.#claims.get(key);
    if (claim === undefined) {
      claim = { key, scope, users: 0, requested: [], exhausted: false, isHeld: false };
      this.#claims.set(key, claim);
      this.#request(claim);
      this.#renumbered.delete(claim);
    }
    claim.users++;
    return claim.exhausted ? undefined : claim.requested.at(-1);
  }

  /** Whether a key has no number. */
  get isExhausted(): boolean {
    return this.#exhausted > 0;
  }

  /** Whether a key has users. */
  isUsed(key: string): boolean {
    return (this.#claims.get(key)?.users ?? 0) > 0;
  }

  /** Holds a number for a key that has no users yet. Call it before any key is acquired. */
  restore(key: string, scope: string, number: number): void {
    const claim = { key, scope, users: 0, requested: [number], exhausted: false, isHeld: true };
    this.#claims.set(key, claim);
    this.#requestersOf(claim, number).push(claim);
  }

  /** Holds the number of a key from now on; undefined when the key has none. */
  hold(key: string): number | undefined {
    const claim = this.#claims.get(key);
    if (claim === undefined || claim.exhausted) return undefined;
    // What it lost before does not matter any longer: it never moves.
    const lost = claim.requested.slice(0, -1);
    claim.requested = claim.requested.slice(-1);
    claim.isHeld = true;
    for (const number of lost) this.#removeRequest(claim, number);
    return claim.requested[0];
  }

  /** Frees the number that is held for a key without users; another key may get it. */
  free(key: string): void {
    const claim = this.#claims.get(key);
    if (claim?.isHeld !== true || claim.users > 0)
      throw new Error(`freeing ${key}, which is in use`);
    this.#drop(claim);
  }

  /** Releases the number of a key for one user. */
  release(key: string): void {
    const claim = this.#claims.get(key);
    if (claim === undefined) throw new Error(`releasing ${key}, which is not acquired`);
    claim.users--;
    if (claim.users === 0 && !claim.isHeld) this.#drop(claim);
  }

  /** The keys whose number changed since the last call. */
  takeRenumbered(): readonly string[] {
    const keys = [...this.#renumbered].map(({ key }) => key);
    this.#renumbered.clear();
    return keys;
  }

  #drop(claim: Claim): void {
    this.#claims.delete(claim.key);
    this.#renumbered.delete(claim);
    this.#withdraw(claim, 0);
  }

  #request(first: Claim): void {
    let claim: Claim | undefined = first;
    while (claim !== undefined) {
      this.#renumbered.add(claim);
      const number = this.#preference(claim.key, claim.requested.length);
      if (number === undefined) {
        claim.exhausted = true;
        this.#exhausted++;
        return;
      }
      claim.requested.push(number);
      const requesters = this.#requestersOf(claim, number);
      const holder: Claim | undefined = requesters[0];
      requesters.splice(placeOf(claim, requesters), 0, claim);
      if (holder === undefined) return;
      // The first in line has the number; the other claim requests its next one.
      claim = requesters[0] === claim ? holder : claim;
    }
  }

  /** Withdraws a claim's requests from the n-th on; the next claim in line takes its number. */
  #withdraw(claim: Claim, from: number): void {
    const held = claim.exhausted ? undefined : claim.requested.at(-1);
    if (claim.exhausted) this.#exhausted--;
    claim.exhausted = false;
    for (const number of claim.requested.splice(from)) this.#removeRequest(claim, number);
    const next =
      held === undefined ? undefined : this.#requesters.get(`${claim.scope}/${held}`)?.[0];
    if (next === undefined || held === undefined) return;
    this.#renumbered.add(next);
    this.#withdraw(next, next.requested.indexOf(held) + 1);
  }

  #removeRequest(claim: Claim, number: number): void {
    const requesters = this.#requestersOf(claim, number);
    requesters.splice(requesters.indexOf(claim), 1);
    if (requesters.length === 0) this.#requesters.delete(`${claim.scope}/${number}`);
  }

  #requestersOf({ scope }: Claim, number: number): Claim[] {
    const slot = `${scope}/${number}`;
    let requesters = this.#requesters.get(slot);
    if (requesters === undefined) {
      requesters = [];
      this.#requesters.set(slot, requesters);
    }
    return requesters;
  }
}

/** The first index of a line at which a claim precedes all later ones. */
function placeOf(claim: Claim, line: readonly Claim[]): number {
  return lowerBoundOf(line, (other) => precedes(other, claim));
}

/** Whether a claim gets a number before another one: held ones first, then smaller keys. */
function precedes(a: Claim, b: Claim): boolean {
  return a.isHeld === b.isHeld ? a.key < b.key : a.isHeld;
}
