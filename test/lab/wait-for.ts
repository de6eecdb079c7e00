import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until a condition holds and returns what it gave (anything but false, null and undefined).
 * Throws with `what` after `timeoutMs`, 5 seconds unless told; an error of the condition counts as
 * not yet, and is the cause then.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what = "the condition", timeoutMs = 5000, everyMs = 10 } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
    }
    await delay(everyMs);
  }
}
