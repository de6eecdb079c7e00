// SPDX-License-Identifier: Apache-2.0

/**
 * Long work in small steps: it can be suspended at each `yield`, and continued later. A step takes
 * well under a millisecond where the data allows it.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does all steps of some work at once. */
export function complete<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** How many items are sorted or merged in a step. */
const SORTED_PER_STEP = 1024;

/** The items in ascending order, in steps; equal ones in the order in which they come. */
export function* sorted<T>(items: Iterable<T>, compare: (a: T, b: T) => number): Steps<T[]> {
  const all = [...items];
  let runs: T[][] = [];
  for (let at = 0; at < all.length; at += SORTED_PER_STEP) {
    runs.push(all.slice(at, at + SORTED_PER_STEP).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* mergedRuns(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedRuns<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
): Steps<T[]> {
  const merged: T[] = [];
  let at = 0;
  for (const item of left) {
    for (
      let next = right[at];
      at < right.length && compare(next as T, item) < 0;
      next = right[++at]
    ) {
      merged.push(next as T);
    }
    merged.push(item);
    if (merged.length % SORTED_PER_STEP === 0) yield;
  }
  for (; at < right.length; at++) merged.push(right[at] as T);
  return merged;
}
