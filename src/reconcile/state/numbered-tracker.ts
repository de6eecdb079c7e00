// SPDX-License-Identifier: Apache-2.0

/**
 * What groups and meters of one switch have in common: a number that identifies each on the switch, a
 * content by which OpenVTAP looks it up, and users. Subclasses update it; plans read it.
 */
export class NumberedTracker<T extends { readonly id: number }> {
  readonly #installed = new Map<number, T>();
  readonly #users = new Map<number, number>();
  readonly #unused = new Set<number>();
  readonly #stuck = new Set<number>();
  #foreign: ReadonlySet<number> = new Set();
  /** Ids by content. */
  protected readonly ids = new Map<string, number>();

  /** OpenVTAP's own ones as confirmed. */
  get installed(): ReadonlyMap<number, T> {
    return this.#installed;
  }

  /** Own ones without a user. */
  get unused(): ReadonlySet<number> {
    return this.#unused;
  }

  /** The id of the installed one of a content. */
  idOf(content: string): number | undefined {
    return this.ids.get(content);
  }

  /** Whether an id is in use, by an own or a foreign one. */
  isTaken(id: number): boolean {
    return this.#installed.has(id) || this.#foreign.has(id);
  }

  /** How often own entries name one. */
  users(id: number): number {
    return this.#users.get(id) ?? 0;
  }

  /** Whether the switch refused to delete one. */
  isStuck(id: number): boolean {
    return this.#stuck.has(id);
  }

  markStuck(id: number): void {
    this.#stuck.add(id);
  }

  /** Users of these ids begin or cease; an id named twice counts twice. */
  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) {
      const left = this.users(id) + by;
      if (left > 0) {
        this.#users.set(id, left);
        this.#unused.delete(id);
      } else {
        this.#users.delete(id);
        if (this.#installed.has(id)) this.#unused.add(id);
      }
    }
  }

  /** Forgets everything but the ids that are foreign from now on. */
  protected reset(foreign: ReadonlySet<number>): void {
    this.#foreign = foreign;
    const maps = [this.#installed, this.#users, this.ids];
    for (const each of [...maps, this.#unused, this.#stuck]) each.clear();
  }

  protected put(item: T): void {
    this.#installed.set(item.id, item);
    if (!this.#users.has(item.id)) this.#unused.add(item.id);
  }

  protected remove(id: number): void {
    this.#installed.delete(id);
    this.#unused.delete(id);
  }
}
