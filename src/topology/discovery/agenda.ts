// SPDX-License-Identifier: Apache-2.0
import { MinHeap } from "../graph/min-heap.ts";

/**
 * Items by the time at which each is due, earliest first. After a change of the time of an item, call
 * `add`; entries of earlier times of the item are then ignored.
 */
export class Agenda<T> {
  readonly #timeOf: (item: T) => number;
  readonly #entries = new MinHeap<T>();

  /** `timeOf`: when an item is due now; Infinity: never. */
  constructor(timeOf: (item: T) => number) {
    this.#timeOf = timeOf;
  }

  /** Enters the present time of an item. */
  add(item: T): void {
    const time = this.#timeOf(item);
    if (time !== Infinity) this.#entries.push(time, item);
  }

  /** When the first item is due; Infinity: none is. */
  get next(): number {
    this.#skipOutdated();
    return this.#entries.top?.key ?? Infinity;
  }

  /** Takes an item that is due. */
  take(now: number): T | undefined {
    return this.next <= now ? this.#entries.pop()?.value : undefined;
  }

  #skipOutdated(): void {
    for (let top = this.#entries.top; top; top = this.#entries.top) {
      if (this.#timeOf(top.value) === top.key) return;
      this.#entries.pop();
    }
  }
}
