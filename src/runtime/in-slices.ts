// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../lang/steps.ts";
import { YieldTimer } from "./event-loop-yield.ts";

/** Like `Array.map`, in slices of the event loop. The source may change meanwhile: pass a copy. */
export async function mapInSlices<T, Mapped>(
  items: Iterable<T>,
  map: (item: T) => Mapped,
): Promise<Mapped[]> {
  const mapped: Mapped[] = [];
  await forEachInSlices(items, (item) => mapped.push(map(item)));
  return mapped;
}

/** Calls back for each item, in slices of the event loop. The source may change meanwhile. */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  each: (item: T) => unknown,
): Promise<void> {
  const turns = new YieldTimer();
  for (const item of items) {
    if (turns.shouldYield) await turns.yieldNow();
    each(item);
  }
}

/** Does all steps of some work, in slices of the event loop. What it reads may change meanwhile. */
export async function completeInSlices<T>(steps: Steps<T>): Promise<T> {
  const turns = new YieldTimer();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value !== undefined) await step.value;
    else if (turns.shouldYield) await turns.yieldNow();
  }
}
