// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "./clock.ts";

/** Whether some work ends within a time, in milliseconds. Work that takes longer goes on. */
export async function within(
  ms: number,
  clock: Clock,
  work: () => Promise<void>,
): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false));
  });
  try {
    return await Promise.race([work().then(() => true), late]);
  } finally {
    cancel();
  }
}
