// SPDX-License-Identifier: Apache-2.0
/** Union-find over items added one by one. */
export class DisjointSets<T> {
  readonly #parent = new Map<T, T>();

  /** The representative of an item's set. */
  find(item: T): T {
    let root = item;
    for (let up = this.#parent.get(root); up !== undefined; up = this.#parent.get(root)) root = up;
    for (let at = item; at !== root; ) {
      const up = this.#parent.get(at) ?? root;
      this.#parent.set(at, root);
      at = up;
    }
    return root;
  }

  /** Joins two sets; false when they were already one. */
  union(x: T, y: T): boolean {
    const [rootX, rootY] = [this.find(x), this.find(y)];
    if (rootX === rootY) return false;
    this.#parent.set(rootX, rootY);
    return true;
  }
}
