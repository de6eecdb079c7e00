// SPDX-License-Identifier: Apache-2.0
import { OrderedKeys } from "../../../lang/ordered-keys.ts";

/** The number that a key requests at its n-th attempt (from 0); undefined: no more requests. */
type Preference = (key: string, attempt: number) => number | undefined;

interface Claim {
  readonly key: string;
  users: number;
  /** It is among the keys that get numbers. */
  isChosen: boolean;
  /** The edit in which it was chosen. It is held when that is over. */
  chosenIn: number;
  /** The numbers requested so far; the last one is held, unless the claim is exhausted. */
  requested: number[];
  isExhausted: boolean;
}

/** The edit in which a claim was chosen that was held when the present one began. */
const BEFORE = -1;

/** The claims of which no two may hold the same number. */
interface Scope {
  readonly claims: Map<string, Claim>;
  /** By number: the claims that request it. */
  readonly requesters: Map<number, Set<Claim>>;
  /** With more keys than get numbers. */
  order: Order | undefined;
}

/** The keys that get numbers, and those that wait. */
interface Order {
  /** Those that a smaller key replaces: chosen in the edit `of`. */
  replaceable: OrderedKeys<string>;
  of: number;
  waiting: OrderedKeys<string>;
}

/** Keys by scope. */
type ScopedKeys = Map<string, Set<string>>;

/** Claims whose number may change, with the one that they had before. */
type Before = Map<Claim, number | undefined>;

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
 *
 * Keys that have numbers when there are too many can be made to keep them (`hold`): then the result depends
 * on the set of keys and on those that are held.
 *
 * A key that goes costs as much as the keys that have a number because of it. All requests that may
 * depend on its own are withdrawn; what is left needs none of them, and the least set follows from it.
 */
export class ExclusiveAllocator {
  readonly #preference: Preference;
  readonly #mostKeys: number;
  readonly #scopes = new Map<string, Scope>();
  readonly #renumbered = new Set<string>();
  /** Counts the edits, each of which ends with `hold`. */
  #edit = 0;
  /** Keys that were held when the edit began and are not in use at present. */
  #released: ScopedKeys = new Map();

  /** `mostKeys` of a scope get numbers: those that are held, then the smallest, if there are more. */
  constructor(preference: Preference, mostKeys: number) {
    this.#preference = preference;
    this.#mostKeys = mostKeys;
  }

  /** Holds for the keys that another allocator holds numbers for. Call it before any key is acquired. */
  holdAs(other: ExclusiveAllocator): void {
    this.#released = new Map([...other.#released].map(([name, keys]) => [name, new Set(keys)]));
    for (const [name, { claims }] of other.#scopes) {
      for (const claim of claims.values()) {
        if (other.#isHeld(claim)) this.#noteReleased(claim.key, name);
      }
    }
  }

  /** The edit is over: the keys that have numbers keep them from now on, whichever keys come. */
  hold(): void {
    this.#edit++;
    this.#released.clear();
  }

  /** Acquires the number of a key for one more user; undefined when none is left for it. */
  acquire(key: string, scope: string): number | undefined {
    const found = this.#scope(scope);
    const claim = found.claims.get(key) ?? this.#add(key, scope, found);
    claim.users++;
    return numberOf(claim);
  }

  /** Releases the number of a key for one user. */
  release(key: string, scope: string): void {
    const found = this.#scopes.get(scope);
    const claim = found?.claims.get(key);
    if (found === undefined || claim === undefined) {
      throw new Error(`releasing ${key}, which is not acquired`);
    }
    claim.users--;
    if (claim.users === 0) this.#remove(claim, scope, found);
  }

  /** Whether a key has no number because there are too many. */
  get isExhausted(): boolean {
    for (const { claims } of this.#scopes.values()) {
      if (claims.size > this.#mostKeys) return true;
    }
    return false;
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
      scope = { claims: new Map(), requesters: new Map(), order: undefined };
      this.#scopes.set(name, scope);
    }
    return scope;
  }

  #isHeld({ isChosen, chosenIn }: Claim): boolean {
    return isChosen && chosenIn < this.#edit;
  }

  #noteReleased(key: string, scope: string): void {
    this.#released.set(scope, (this.#released.get(scope) ?? new Set()).add(key));
  }

  #add(key: string, name: string, scope: Scope): Claim {
    const chosenIn = this.#released.get(name)?.delete(key) === true ? BEFORE : this.#edit;
    const state = { users: 0, isChosen: false, isExhausted: false, requested: [] };
    const claim: Claim = { key, chosenIn, ...state };
    scope.claims.set(key, claim);
    this.#changing((before) => this.#admit(claim, scope, before));
    this.#renumbered.delete(key);
    return claim;
  }

  /** Makes a change and notes the keys whose number it changes. */
  #changing(change: (before: Before) => void): void {
    const before: Before = new Map();
    change(before);
    for (const [claim, number] of before) {
      if (numberOf(claim) !== number) this.#renumbered.add(claim.key);
    }
  }

  /** A key comes. */
  #admit(claim: Claim, scope: Scope, before: Before): void {
    if (scope.claims.size > this.#mostKeys) {
      const order = this.#orderOf(scope, claim);
      const isHeld = claim.chosenIn < this.#edit;
      const largest = order.replaceable.last;
      if (largest === undefined || (!isHeld && claim.key > largest)) {
        order.waiting = order.waiting.with(claim.key);
        return;
      }
      order.replaceable = order.replaceable.without(largest);
      if (!isHeld) order.replaceable = order.replaceable.with(claim.key);
      order.waiting = order.waiting.with(largest);
      const evicted = scope.claims.get(largest);
      if (evicted !== undefined) this.#withdraw(evicted, scope, before);
    }
    claim.isChosen = true;
    this.#request(claim, scope, before);
  }

  /** A key goes. */
  #remove(claim: Claim, name: string, scope: Scope): void {
    const { claims } = scope;
    const order = scope.order && this.#orderOf(scope, claim);
    if (this.#isHeld(claim)) this.#noteReleased(claim.key, name);
    claims.delete(claim.key);
    if (claims.size === 0) this.#scopes.delete(name);
    const { isChosen } = claim;
    this.#changing((before) => {
      if (isChosen) this.#withdraw(claim, scope, before);
      if (order === undefined) return;
      if (isChosen) order.replaceable = order.replaceable.without(claim.key);
      else order.waiting = order.waiting.without(claim.key);
      const next = isChosen ? order.waiting.first : undefined;
      const chosen = next === undefined ? undefined : claims.get(next);
      if (next !== undefined && chosen !== undefined) {
        order.replaceable = order.replaceable.with(next);
        order.waiting = order.waiting.without(next);
        chosen.isChosen = true;
        chosen.chosenIn = this.#edit;
        this.#request(chosen, scope, before);
      }
      if (claims.size <= this.#mostKeys) scope.order = undefined;
    });
    this.#renumbered.delete(claim.key);
  }

  /** The order of a scope that has had its last number given away, but for a claim that comes or goes. */
  #orderOf(scope: Scope, except: Claim): Order {
    const of = this.#edit;
    scope.order ??= { replaceable: chosenIn(of, scope, except), of, waiting: OrderedKeys.empty() };
    if (scope.order.of !== of) {
      scope.order.replaceable = OrderedKeys.empty();
      scope.order.of = of;
    }
    return scope.order;
  }

  /** Requests the next number of a claim, and of those that lose theirs by it. */
  #request(first: Claim, { requesters }: Scope, before: Before): void {
    const losers = [first];
    for (let claim = losers.pop(); claim !== undefined; claim = losers.pop()) {
      note(claim, before);
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

  /** Withdraws all requests of a claim, and gives the claims that lost a number by them what they are due. */
  #withdraw(leaving: Claim, scope: Scope, before: Before): void {
    leaving.isChosen = false;
    const shortened = new Set<Claim>();
    const work = [{ claim: leaving, length: 0 }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const { claim, length } = next;
      if (claim.requested.length === length && !claim.isExhausted) continue;
      note(claim, before);
      shortened.add(claim);
      claim.isExhausted = false;
      for (const number of claim.requested.splice(length)) {
        if (claim.requested.includes(number)) continue;
        for (const other of withoutRequest(claim, number, scope)) {
          // It may have lost this number to the claim alone.
          work.push({ claim: other, length: other.requested.indexOf(number) + 1 });
        }
      }
    }
    shortened.delete(leaving);
    for (const claim of shortened) {
      if (isContested(claim, scope)) this.#request(claim, scope, before);
    }
  }
}

function note(claim: Claim, before: Before): void {
  if (!before.has(claim)) before.set(claim, numberOf(claim));
}

/** Removes a request; returns the others for the number. */
function withoutRequest(claim: Claim, number: number, { requesters }: Scope): Iterable<Claim> {
  const others = requesters.get(number);
  others?.delete(claim);
  if (others?.size === 0) requesters.delete(number);
  return others ?? [];
}

/** The keys that were chosen in an edit, but for one. */
function chosenIn(edit: number, { claims }: Scope, except: Claim): OrderedKeys<string> {
  let keys = OrderedKeys.empty<string>();
  for (const claim of claims.values()) {
    if (claim !== except && claim.chosenIn === edit) keys = keys.with(claim.key);
  }
  return keys;
}

function numberOf({ requested, isExhausted }: Claim): number | undefined {
  return isExhausted ? undefined : requested.at(-1);
}

/** Whether others request the last number of a claim, too. */
function isContested({ requested }: Claim, { requesters }: Scope): boolean {
  const last = requested.at(-1);
  return last !== undefined && (requesters.get(last)?.size ?? 0) > 1;
}
