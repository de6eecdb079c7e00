/** The number a claimant asks for at its n-th attempt (from 0); undefined: it gives up. */
export type Preference = (key: string, attempt: number) => number | undefined;

interface Claim {
  readonly key: string;
  /** Numbers are different only for claims of one scope. */
  readonly scope: string;
  users: number;
  /** The numbers the claim asked for and lost to smaller keys, then the one it has. */
  asked: number[];
  /** It has asked for all it wanted and lost everywhere. */
  gaveUp: boolean;
}

/**
 * Hands out numbers so that who has which depends on who is there, not on who came first: two
 * controllers must compute the same tables.
 *
 * Each claim asks for its first choice, then for its next, and so on; of those that ask for a number
 * the smallest key has it. As every number ranks the claims alike, the outcome is the one that
 * serving the claims in the order of their keys gives, however they came and went.
 */
export class StableAllocator {
  readonly #preference: Preference;
  readonly #claims = new Map<string, Claim>();
  /** By scope and number: who asked for it, smallest key (the holder) first. */
  readonly #askers = new Map<string, Claim[]>();
  readonly #moved = new Set<Claim>();

  constructor(preference: Preference) {
    this.#preference = preference;
  }

  /** The number of a key, for one more user; undefined when there is none left for it. */
  acquire(key: string, scope: string): number | undefined {
    let claim = this.#claims.get(key);
    if (claim === undefined) {
      claim = { key, scope, users: 0, asked: [], gaveUp: false };
      this.#claims.set(key, claim);
      this.#ask(claim);
      this.#moved.delete(claim);
    }
    claim.users++;
    return claim.gaveUp ? undefined : claim.asked.at(-1);
  }

  /** Gives back what `acquire` gave to one user. */
  release(key: string): void {
    const claim = this.#claims.get(key);
    if (claim === undefined) throw new Error(`releasing ${key}, which nobody has claimed`);
    claim.users--;
    if (claim.users > 0) return;
    this.#claims.delete(claim.key);
    this.#moved.delete(claim);
    this.#withdraw(claim, 0);
  }

  /** The keys whose number is another one since this was last asked. */
  takeMoved(): readonly string[] {
    const keys = [...this.#moved].map(({ key }) => key);
    this.#moved.clear();
    return keys;
  }

  #ask(first: Claim): void {
    let claim: Claim | undefined = first;
    while (claim !== undefined) {
      this.#moved.add(claim);
      const wanted = this.#preference(claim.key, claim.asked.length);
      if (wanted === undefined) {
        claim.gaveUp = true;
        return;
      }
      claim.asked.push(wanted);
      const askers = this.#askersOf(claim, wanted);
      const holder: Claim | undefined = askers[0];
      askers.push(claim);
      askers.sort((a, b) => (a.key < b.key ? -1 : 1));
      if (holder === undefined) return;
      // The smaller key has it; the other one asks on.
      claim = askers[0] === claim ? holder : claim;
    }
  }

  /** Takes back a claim's demands from its n-th on; who is next in line where it held moves up. */
  #withdraw(claim: Claim, from: number): void {
    const held = claim.gaveUp ? undefined : claim.asked.at(-1);
    claim.gaveUp = false;
    for (const number of claim.asked.splice(from)) {
      const askers = this.#askersOf(claim, number);
      askers.splice(askers.indexOf(claim), 1);
      if (askers.length === 0) this.#askers.delete(`${claim.scope}/${number}`);
    }
    const next = held === undefined ? undefined : this.#askers.get(`${claim.scope}/${held}`)?.[0];
    if (next === undefined || held === undefined) return;
    this.#moved.add(next);
    this.#withdraw(next, next.asked.indexOf(held) + 1);
  }

  #askersOf({ scope }: Claim, number: number): Claim[] {
    const slot = `${scope}/${number}`;
    let askers = this.#askers.get(slot);
    if (askers === undefined) {
      askers = [];
      this.#askers.set(slot, askers);
    }
    return askers;
  }
}
