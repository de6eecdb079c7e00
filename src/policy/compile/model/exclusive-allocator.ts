// SPDX-License-Identifier: Apache-2.0
/** The number that a key requests at its n-th attempt (from 0); undefined: no more requests. */
type Preference = (key: string, attempt: number) => number | undefined;

interface Claim {
  readonly key: string;
  users: number;
  /** The numbers requested so far; the last one is held, unless the claim is exhausted. */
  requested: number[];
  isExhausted: boolean;
}

/** The claims of which no two may hold the same number. */
interface Scope {
  readonly claims: Map<string, Claim>;
  /** By number: the claims that request it. */
  readonly requesters: Map<number, Set<Claim>>;
}

/**
 * Allocates numbers to keys such that the result depends only on the set of keys, and that no number
 * passes from one key to another when keys come or go.
 *
 * A number that one key requests is held by it. A number that several keys request is held by none of
 * them: each requests its next one. Keys that come only add requests, and keys that go only remove
 * some (the requests are the least set that these rules allow). So a number that a key holds before
 * keys come, or after keys go, is held by the same key or by none on the other side: it is not reused
 * while copies that carry it may be on their way. The price is numbers: about a third of them can be
 * held at the same time.
 */
export class ExclusiveAllocator {
  readonly #preference: Preference;
  readonly #mostKeys: number;
  readonly #scopes = new Map<string, Scope>();
  readonly #renumbered = new Set<string>();

  /** `mostKeys` of a scope get numbers: the smallest, if there are more. */
  constructor(preference: Preference, mostKeys: number) {
    this.#preference = preference;
    this.#mostKeys = mostKeys;
  }

  /** Acquires the number of a key for one more user; undefined when none is left for it. */
  acquire(key: string, scope: string): number | undefined {
    const found = this.#scope(scope);
    let claim = found.claims.get(key);
    if (claim === undefined) {
      claim = { key, users: 0, requested: [], isExhausted: false };
      found.claims.set(key, claim);
      if (found.claims.size > this.#mostKeys) this.#allocateAll(found);
      else this.#request(claim, found);
      this.#renumbered.delete(key);
    }
    claim.users++;
    return numberOf(claim);
  }

  /** Releases the number of a key for one user. */
  release(key: string, scope: string): void {
    const found = this.#scope(scope);
    const claim = found.claims.get(key);
    if (claim === undefined) throw new Error(`releasing ${key}, which is not acquired`);
    claim.users--;
    if (claim.users > 0) return;
    found.claims.delete(key);
    this.#renumbered.delete(key);
    const wereTooMany = found.claims.size >= this.#mostKeys;
    if (found.claims.size === 0) this.#scopes.delete(scope);
    else if (wereTooMany || isContested(claim, found)) this.#allocateAll(found);
    else for (const number of claim.requested) found.requesters.delete(number);
  }

  /** The keys of a scope. */
  keysOf(scope: string): Iterable<string> {
    return this.#scopes.get(scope)?.claims.keys() ?? [];
  }

  /** The keys whose number changed since the last call. */
  takeRenumbered(): readonly string[] {
    const keys = [...this.#renumbered];
    this.#renumbered.clear();
    return keys;
  }

  #scope(name: string): Scope {
    let scope = this.#scopes.get(name);
    if (scope === undefined) {
      scope = { claims: new Map(), requesters: new Map() };
      this.#scopes.set(name, scope);
    }
    return scope;
  }

  /** Allocates the numbers of a scope from the beginning. */
  #allocateAll(scope: Scope): void {
    const before = new Map([...scope.claims.values()].map((claim) => [claim, numberOf(claim)]));
    scope.requesters.clear();
    const claims = [...before.keys()].sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const [index, claim] of claims.entries()) {
      claim.requested = [];
      claim.isExhausted = index >= this.#mostKeys;
    }
    for (const claim of claims) if (!claim.isExhausted) this.#request(claim, scope);
    for (const [claim, number] of before) {
      if (numberOf(claim) === number) this.#renumbered.delete(claim.key);
      else this.#renumbered.add(claim.key);
    }
  }

  /** Requests the next number of a claim, and of those that lose theirs by it. */
  #request(first: Claim, { requesters }: Scope): void {
    const losers = [first];
    for (let claim = losers.pop(); claim !== undefined; claim = losers.pop()) {
      this.#renumbered.add(claim.key);
      const number = this.#preference(claim.key, claim.requested.length);
      if (number === undefined) {
        claim.isExhausted = true;
        continue;
      }
      claim.requested.push(number);
      const others = requesters.get(number) ?? new Set();
      requesters.set(number, others);
      // The present holder is the only other one; those of a contested number lost it before.
      if (others.size === 1) losers.push(...others);
      if (others.size > 0) losers.push(claim);
      others.add(claim);
    }
  }
}

function numberOf({ requested, isExhausted }: Claim): number | undefined {
  return isExhausted ? undefined : requested.at(-1);
}

function isContested({ requested, isExhausted }: Claim, { requesters }: Scope): boolean {
  return isExhausted || requested.some((number) => (requesters.get(number)?.size ?? 0) > 1);
}
