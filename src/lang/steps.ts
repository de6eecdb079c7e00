// SPDX-License-Identifier: Apache-2.0

/**
 * Long work in small steps: it can be suspended at each `yield`, and continued later. A step takes
 * well under a millisecond where the data allows it. Work that yields a promise waits for it.
 */
export type Steps<T> = Generator<Promise<unknown> | undefined, T, undefined>;

/** Does all steps of some work at once. Throws when the work waits for something. */
export function complete<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value !== undefined) throw new Error("this work cannot be done at once: it waits");
  }
}

/** How many items of short work are dealt with in a step. */
const ITEMS_PER_STEP = 64;

/** Calls back for every item, in steps. What takes about a microsecond for an item is not worth a step each. */
export function* forEach<T>(items: Iterable<T>, callback: (item: T) => void): Steps<void> {
  let count = 0;
  for (const item of items) {
    callback(item);
    if (++count % ITEMS_PER_STEP === 0) yield;
  }
}

/** The items in parts of some length, each of which is worth a step. */
export function* partsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += ITEMS_PER_STEP) {
    yield items.slice(at, at + ITEMS_PER_STEP);
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
