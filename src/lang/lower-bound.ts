// SPDX-License-Identifier: Apache-2.0

/**
 * The index of the first member of an ascending list that is not less than a value; the length of the
 * list if there is none.
 */
export function lowerBound<T extends number | string>(ascending: readonly T[], value: T): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
