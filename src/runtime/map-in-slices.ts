// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "./event-loop-yield.ts";

/** Like `Array.map`, in slices of the event loop. The source may change meanwhile: pass a copy. */
export async function mapInSlices<T, Mapped>(
  items: readonly T[],
  map: (item: T) => Mapped,
): Promise<Mapped[]> {
  const yields = new YieldTimer();
  const mapped: Mapped[] = [];
  for (const item of items) {
    if (yields.shouldYield) await yields.yieldNow();
    mapped.push(map(item));
  }
  return mapped;
}
