// SPDX-License-Identifier: Apache-2.0

interface Node<T> {
  readonly item: T;
  next: Node<T> | undefined;
}

/** First in, first out: both ends in constant time, however many items wait. */
export class Fifo<T> {
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(item: T): void {
    const node: Node<T> = { item, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
  }

  /** Removes the item that came first; undefined: there is none. */
  shift(): T | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#first = first.next;
    if (first.next === undefined) this.#last = undefined;
    return first.item;
  }
}
