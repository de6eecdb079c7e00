// SPDX-License-Identifier: Apache-2.0
/** The listeners of one kind of notification, called in the order in which they were added. */
export class Listeners<A extends readonly unknown[]> {
  readonly #listeners: ((...args: A) => void)[] = [];

  /** For a part that lives as long as the one that notifies it: a listener cannot be removed. */
  add(listener: (...args: A) => void): void {
    this.#listeners.push(listener);
  }

  notify(...args: A): void {
    for (const listener of this.#listeners) listener(...args);
  }
}
