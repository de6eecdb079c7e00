// SPDX-License-Identifier: Apache-2.0

interface Due<K> {
  readonly at: number;
  readonly key: K;
}

/** Outdated members that the heap may hold beside as many valid ones. */
const MOST_OUTDATED = 64;

/**
 * When each of many keys is due: finds the next ones in logarithmic time. A binary heap whose outdated
 * members stay until they come first, or until they are more than half of it.
 */
export class DueTimes<K> {
  readonly #times = new Map<K, number>();
  /** Ascending from each member to those at twice its index, plus 1 and 2. */
  #heap: Due<K>[] = [];

  /** The time of the first key that is due; undefined: there are no keys. */
  get next(): number | undefined {
    this.#dropOutdated();
    return this.#heap[0]?.at;
  }

  /** Sets when a key is due; undefined: never. */
  set(key: K, at: number | undefined): void {
    if (at === undefined) {
      this.#times.delete(key);
      return;
    }
    if (this.#times.get(key) === at) return;
    this.#times.set(key, at);
    this.#push({ at, key });
    if (this.#heap.length > 2 * this.#times.size + MOST_OUTDATED) this.#rebuild();
  }

  /** Removes and returns keys that are due at `now`, in the order of their times: `most` at most. */
  take(now: number, most: number): K[] {
    const taken: K[] = [];
    while (taken.length < most) {
      this.#dropOutdated();
      const first = this.#heap[0];
      if (first === undefined || first.at > now) break;
      this.#removeFirst();
      this.#times.delete(first.key);
      taken.push(first.key);
    }
    return taken;
  }

  #dropOutdated(): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || this.#times.get(first.key) === first.at) return;
      this.#removeFirst();
    }
  }

  #rebuild(): void {
    // Ascending order is a heap.
    this.#heap = Array.from(this.#times, ([key, at]) => ({ at, key })).sort((a, b) => a.at - b.at);
  }

  #push(due: Due<K>): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= due.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = due;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && right.at < left.at;
      const child = isRight ? right : left;
      if (child.at >= last.at) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
  }
}
