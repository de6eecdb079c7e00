// SPDX-License-Identifier: Apache-2.0
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
}

/**
 * Allocates numbers to keys such that the result depends only on the set of keys, not on the order in
 * which they came: two controllers must compute the same tables.
 *
 * Each claim requests its first choice, then its next, and so on; of the claims that request a number
 * the smallest key holds it. As every number ranks the claims in the same order, the outcome equals
 * that of serving the claims in the order of their keys, whatever their history.
 */
export class StableAllocator {
  readonly #preference: Preference;
  readonly #claims = new Map<string, Claim>();
  /** By scope and number: the claims that request it, smallest key (the holder) first. */
  readonly #requesters = new Map<string, Claim[]>();
  readonly #renumbered = new Set<Claim>();

  constructor(preference: Preference) {
    this.#preference = preference;
  }

  /** Acquires the number of a key for one more user; undefined when none is left for it. */
  acquire(key: string, scope: string): number | undefined {
    let claim = this.#claims.get(key);
    if (claim === undefined) {
      claim = { key, scope, users: 0, requested: [], exhausted: false };
      this.#claims.set(key, claim);
      this.#request(claim);
      this.#renumbered.delete(claim);
    }
    claim.users++;
    return claim.exhausted ? undefined : claim.requested.at(-1);
  }

  /** Releases the number of a key for one user. */
  release(key: string): void {
    const claim = this.#claims.get(key);
    if (claim === undefined) throw new Error(`releasing ${key}, which is not acquired`);
    claim.users--;
    if (claim.users > 0) return;
    this.#claims.delete(claim.key);
    this.#renumbered.delete(claim);
    this.#withdraw(claim, 0);
  }

  /** The keys whose number changed since the last call. */
  takeRenumbered(): readonly string[] {
    const keys = [...this.#renumbered].map(({ key }) => key);
    this.#renumbered.clear();
    return keys;
  }

  #request(first: Claim): void {
    let claim: Claim | undefined = first;
    while (claim !== undefined) {
      this.#renumbered.add(claim);
      const number = this.#preference(claim.key, claim.requested.length);
      if (number === undefined) {
        claim.exhausted = true;
        return;
      }
      claim.requested.push(number);
      const requesters = this.#requestersOf(claim, number);
      const holder: Claim | undefined = requesters[0];
      requesters.push(claim);
      requesters.sort((a, b) => (a.key < b.key ? -1 : 1));
      if (holder === undefined) return;
      // The smaller key holds the number; the other claim requests its next one.
      claim = requesters[0] === claim ? holder : claim;
    }
  }

  /** Withdraws a claim's requests from the n-th on; the next claim in line takes its number. */
  #withdraw(claim: Claim, from: number): void {
    const held = claim.exhausted ? undefined : claim.requested.at(-1);
    claim.exhausted = false;
    for (const number of claim.requested.splice(from)) {
      const requesters = this.#requestersOf(claim, number);
      requesters.splice(requesters.indexOf(claim), 1);
      if (requesters.length === 0) this.#requesters.delete(`${claim.scope}/${number}`);
    }
    const next =
      held === undefined ? undefined : this.#requesters.get(`${claim.scope}/${held}`)?.[0];
    if (next === undefined || held === undefined) return;
    this.#renumbered.add(next);
    this.#withdraw(next, next.requested.indexOf(held) + 1);
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
