// SPDX-License-Identifier: Apache-2.0
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt: twice as long after each failure, up to half a minute, and up to a
 * fifth less by `random` (0 to 1), so that many pages do not return at once.
 */
export function retryDelayMs(failures: number, random: number): number {
  const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(delay * (1 - random / 5));
}
