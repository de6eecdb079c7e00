// SPDX-License-Identifier: Apache-2.0
import { type Lifetime, momentText } from "../../policy/index.ts";
import type { PolicyEntry } from "../policies/policy-registry.ts";
import { type CountedCopies, isSpent, type Phase } from "./phase.ts";

/** A policy that starts or ends. Moments are in milliseconds since 1970. */
export interface TrackedPolicy {
  readonly lifetime: Lifetime;
  readonly entry: PolicyEntry;
  phase: Phase;
  isAnnounced: boolean;
  /** When it was found to have ended: on the monotonic clock, and on the wall clock. */
  endedAt: { readonly clock: number; readonly wall: number };
}

/** When a policy that has ended did so. */
export function endOf({ lifetime: { endsAt }, endedAt: { wall } }: TrackedPolicy): number {
  return Math.min(endsAt ?? wall, wall);
}

/** Until when a policy is kept that has ended; undefined: for ever. */
export function keptUntil(tracked: TrackedPolicy, retentionMs: number): number | undefined {
  const { origin, updatedAt } = tracked.entry;
  if (origin.kind === "file") return undefined;
  // One that is written after its end is kept as long.
  return Math.max(endOf(tracked), Date.parse(updatedAt)) + retentionMs;
}

/** Why a policy has ended, and until when it is kept, as a clause. */
export function endText(
  tracked: TrackedPolicy,
  copied: CountedCopies | undefined,
  retentionMs: number,
): string {
  const ended = causeText(tracked, copied);
  const until = keptUntil(tracked, retentionMs);
  return until === undefined ? ended : `${ended}; it is deleted after ${timeText(until)}`;
}

function causeText(tracked: TrackedPolicy, copied: CountedCopies | undefined): string {
  const { stopAfter } = tracked.lifetime;
  const end = timeText(endOf(tracked));
  if (stopAfter === undefined || !isSpent(tracked.lifetime, copied)) return `it ended at ${end}`;
  return `it ended by ${end}: ${stopAfter.count} ${stopAfter.unit} of copies are counted`;
}

/** A moment as messages name it. */
export function timeText(moment: number | undefined): string {
  return (moment === undefined ? undefined : momentText(moment)) ?? "an unknown time";
}
