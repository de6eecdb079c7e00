// SPDX-License-Identifier: Apache-2.0
/** Counts the users of the groups or meters of one switch. */
export class UseCounts {
  readonly #installed: ReadonlyMap<number, unknown>;
  readonly #users = new Map<number, number>();
  readonly #unused = new Set<number>();

  /** `installed` holds the counted groups or meters by id; its owner updates it. */
  constructor(installed: ReadonlyMap<number, unknown>) {
    this.#installed = installed;
  }

  /** Ids of installed groups or meters without a user. */
  get unused(): ReadonlySet<number> {
    return this.#unused;
  }

  /** Number of users of an id. */
  of(id: number): number {
    return this.#users.get(id) ?? 0;
  }

  /** An id has been installed. */
  added(id: number): void {
    if (!this.#users.has(id)) this.#unused.add(id);
  }

  /** An id has been deleted from the switch. */
  deleted(id: number): void {
    this.#unused.delete(id);
  }

  /** A user of these ids comes or goes; an id named twice counts twice. */
  change(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) {
      const left = this.of(id) + by;
      if (left > 0) {
        this.#users.set(id, left);
        this.#unused.delete(id);
      } else {
        this.#users.delete(id);
        if (this.#installed.has(id)) this.#unused.add(id);
      }
    }
  }

  clear(): void {
    this.#users.clear();
    this.#unused.clear();
  }
}
