// SPDX-License-Identifier: Apache-2.0
interface Item<T> {
  readonly key: number;
  readonly value: T;
}

/** A binary heap of values ordered by a numeric key, smallest first. */
export class MinHeap<T> {
  readonly #items: Item<T>[] = [];

  /** The item with the smallest key; undefined when the heap is empty. */
  get top(): Item<T> | undefined {
    return this.#items[0];
  }

  push(key: number, value: T): void {
    const items = this.#items;
    const item = { key, value };
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (!above || above.key <= key) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the item with the smallest key; undefined when the heap is empty. */
  pop(): Item<T> | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last || items.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = items[2 * at + 1];
      const right = items[2 * at + 2];
      const child = right && left && right.key < left.key ? right : left;
      if (!child || child.key >= last.key) break;
      items[at] = child;
      at = child === right ? 2 * at + 2 : 2 * at + 1;
    }
    items[at] = last;
    return top;
  }
}
