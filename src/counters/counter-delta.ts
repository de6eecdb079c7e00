import type { Amount } from "./totals.ts";

/** What a switch says that an entry has counted since it was added. */
export interface Reading extends Amount {
  readonly durationMs: number;
}

/** When a switch was asked for a reading and when the answer came, in milliseconds on one clock. */
export interface ReadingTime {
  readonly asked: number;
  readonly received: number;
}

/** A reading to which the next one of the same entry is compared. */
export interface KnownReading extends Reading, ReadingTime {}

/** What an entry has counted since it was last read. */
export interface CounterDelta extends Amount {
  /** All of it was counted after this. */
  readonly since: number;
  /** It is another entry than the one read last, of the same match: what that one counted is over. */
  readonly isNew: boolean;
}

/** How much clocks and the second hand of a switch may be apart, in milliseconds. */
export const SLACK_MS = 1_000;
const DRIFT = 1e-4;

/**
 * What an entry has counted since the last reading; undefined when that cannot be said.
 *
 * An entry that was deleted and added again counts from zero. It is taken for a new one only when
 * that is certain (its count or its age went back, or it is too young to have been there), because
 * what the old one counted would be counted twice otherwise. `knownFrom`: an entry that is read for
 * the first time counts in full when it was added after that, and from now on when it was there.
 */
export function counterDelta(
  last: KnownReading | undefined,
  now: Reading,
  time: ReadingTime,
  knownFrom: number,
): CounterDelta | undefined {
  const whole = { packets: now.packets, bytes: now.bytes, since: bornBefore(now, time) };
  if (last !== undefined && !isAnother(last, now, time, knownFrom)) {
    const packets = now.packets - last.packets;
    const bytes = Math.max(0, now.bytes - last.bytes);
    return { packets, bytes, since: last.asked, isNew: false };
  }
  const wasThere = last === undefined && whole.since < knownFrom - SLACK_MS - slackOf(now);
  return wasThere ? undefined : { ...whole, isNew: true };
}

/** Whether a last word is about an entry that was there before the one that is known. */
export function isOfAnEarlier(
  known: KnownReading | undefined,
  last: Reading,
  time: ReadingTime,
): boolean {
  if (known === undefined || !Number.isFinite(known.asked)) return false;
  return bornBefore(last, time) < known.asked - known.durationMs - SLACK_MS - slackOf(last);
}

function isAnother(
  last: KnownReading,
  now: Reading,
  { asked }: ReadingTime,
  knownFrom: number,
): boolean {
  if (now.packets < last.packets || now.durationMs < last.durationMs) return true;
  const notBefore = asked - now.durationMs;
  // Read in a former life of ours, on a clock that we do not know.
  if (!Number.isFinite(last.asked)) return notBefore > knownFrom + SLACK_MS;
  return notBefore > bornBefore(last, last) + SLACK_MS + slackOf(now);
}

/** The latest time at which an entry can have been added. */
function bornBefore({ durationMs }: Reading, { received }: ReadingTime): number {
  return received - durationMs;
}

/** How much of an age may be due to clocks that are not equally fast. */
export function slackOf({ durationMs }: Pick<Reading, "durationMs">): number {
  return durationMs * DRIFT;
}
