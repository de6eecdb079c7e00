// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";

/** Ends a wait that hangs, in milliseconds. It measures nothing: a busy machine may be slow. */
const LIMIT_MS = 90_000;

/**
 * Polls until a condition holds, and returns its value (anything but false, null and undefined).
 * Throws with `what` when the condition does not hold within 90 seconds. An error of the condition
 * counts as "not yet"; the last one is the cause of the error thrown.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what = "the condition", everyMs = 10 } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + LIMIT_MS;
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
      throw new Error(`waited ${LIMIT_MS / 1000} s in vain for ${what}`, { cause });
    }
    await delay(everyMs);
  }
}
