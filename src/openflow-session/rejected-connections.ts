/** How many switches are remembered: whoever connects can make up as many as he likes. */
const MAX_REMEMBERED = 1000;

/** Counts the switches that were refused; a switch that tries for days is told of once. */
export class RejectedConnections {
  readonly #told = new Map<string, string>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Notes a refusal; true when it is the first of this switch (or address) for this reason. */
  note(who: string, reason: string): boolean {
    this.#count++;
    if (this.#told.get(who) === reason) return false;
    if (this.#told.size >= MAX_REMEMBERED) this.#told.clear();
    this.#told.set(who, reason);
    return true;
  }
}
