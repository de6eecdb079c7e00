// SPDX-License-Identifier: Apache-2.0
import type { Lifetime } from "../../policy/index.ts";

/**
 * Where a policy is in its lifetime. Transitions follow the wall clock, and back when that is set back; `ended`
 * also follows the counters.
 */
export type Phase = "waiting" | "running" | "ended";

/** The copies that were counted for a policy. */
export interface CountedCopies {
  readonly packets: number;
  readonly bytes: number;
  /** When the last of them were counted, in milliseconds since 1970; undefined: that is not known. */
  readonly at?: number | undefined;
}

/** The phase at a moment, in milliseconds since 1970, after so many copies; undefined: none are known. */
export function phaseAt(lifetime: Lifetime, now: number, copied: CountedCopies | undefined): Phase {
  const { startsAt, endsAt } = lifetime;
  if ((endsAt !== undefined && now >= endsAt) || isSpent(lifetime, copied)) return "ended";
  return startsAt !== undefined && now < startsAt ? "waiting" : "running";
}

/** Whether all copies have been counted that a policy may make. */
export function isSpent({ stopAfter }: Lifetime, copied: CountedCopies | undefined): boolean {
  return (
    stopAfter !== undefined && copied !== undefined && copied[stopAfter.unit] >= stopAfter.count
  );
}
