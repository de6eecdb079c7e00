// SPDX-License-Identifier: Apache-2.0

/** A list whose items are made each time they are read: a long one is never held as a whole. */
export class LazyList<T> implements Iterable<T> {
  readonly #read: () => Iterator<T>;

  private constructor(read: () => Iterator<T>) {
    this.#read = read;
  }

  /** `source` can be read more than once, and does not change. */
  static from<Source, T>(source: Iterable<Source>, make: (item: Source) => T): LazyList<T> {
    return new LazyList(function* () {
      for (const item of source) yield make(item);
    });
  }

  map<Mapped>(make: (item: T) => Mapped): LazyList<Mapped> {
    return LazyList.from(this, make);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#read();
  }
}
