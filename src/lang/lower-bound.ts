// SPDX-License-Identifier: Apache-2.0

/**
 * The index of the first member of an ascending list that is not less than a value; the length of the
 * list if there is none.
 */
export function lowerBound<T extends number | string>(ascending: readonly T[], value: T): number {
  return lowerBoundOf(ascending, (member) => member < value);
}

/**
 * The same in an order of its own: the index of the first member that is not less. `isLess` holds for the
 * members before it, and for none of the others.
 */
export function lowerBoundOf<T>(ordered: readonly T[], isLess: (member: T) => boolean): number {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isLess(ordered[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
