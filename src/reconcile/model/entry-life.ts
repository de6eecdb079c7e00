// SPDX-License-Identifier: Apache-2.0

/** Longest hard timeout, in seconds: it has 16 bits. @spec OpenFlow 1.4.1 §7.3.4.2 */
const LONGEST_S = 65_535;

/** An entry outlives its need by this much, in milliseconds: OpenVTAP removes it first if it can. */
const GRACE_MS = 3_000;

/** Ends that are no further apart are the same, in milliseconds: switches count in seconds. */
const SAME_MS = 2_000;

/** Until when a switch keeps an entry by itself. */
export interface EntryLife {
  /** As sent, in seconds. */
  readonly hardTimeout: number;
  /** When it is over, by the clock of the reconciler, in milliseconds. */
  readonly endsAt: number;
}

/** The life of an entry that is needed for so long, in milliseconds: its present one, if that fits. */
export function lifeOf(
  present: EntryLife | undefined,
  neededMs: number | undefined,
  now: number,
): EntryLife | undefined {
  if (neededMs === undefined) return undefined;
  if (fitsLife(present, neededMs, now)) return present;
  const seconds = Math.ceil((neededMs + GRACE_MS) / 1000);
  // 0 would be for ever.
  const hardTimeout = Math.min(LONGEST_S, Math.max(1, seconds));
  return { hardTimeout, endsAt: now + hardTimeout * 1000 };
}

/**
 * Whether an entry's life fits how long it is needed; undefined: for ever. One that is needed for longer than
 * the longest timeout fits as long as half of that is left.
 */
export function fitsLife(
  life: EntryLife | undefined,
  neededMs: number | undefined,
  now: number,
): boolean {
  if (life === undefined || neededMs === undefined)
    return life === undefined && neededMs === undefined;
  const left = life.endsAt - now;
  const due = neededMs + GRACE_MS;
  if (due > LONGEST_S * 1000) return left >= (LONGEST_S * 1000) / 2;
  return Math.abs(left - due) <= SAME_MS;
}
