// SPDX-License-Identifier: Apache-2.0
import type { Amount } from "./totals.ts";

/** What an entry has counted since it was added, as its switch reports it. */
export interface Reading extends Amount {
  readonly durationMs: number;
}

/** When a switch was asked for a reading and when the answer came, in milliseconds on one clock. */
export interface ReadingTime {
  readonly asked: number;
  readonly received: number;
}

/** A time before every other. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** The previous reading of an entry, to compare the next one with. */
export interface KnownReading extends Reading, ReadingTime {}

/** What an entry has counted since it was last read. */
export interface CounterDelta extends Amount {
  /** All of it was counted after this. */
  readonly since: number;
  /** The entry was deleted and added again since the last reading, so its counters began at zero. */
  readonly isNew: boolean;
}

/**
 * How long a frame may take from being forwarded to being counted, in milliseconds. Open vSwitch brings the
 * counts of its datapath to the tables every half second, and then adds them to the entries of that moment:
 * frames of so long before a change of entries may be counted by those that the change has installed.
 */
export const BOOKING_MS = 2_000;

/** How much an age may be off, in milliseconds: clocks differ, and a switch may report seconds. */
export const SLACK_MS = 1_000;
const DRIFT = 1e-4;

/**
 * What an entry has counted since the last reading; undefined when that cannot be determined.
 *
 * An entry that was deleted and added again counts from zero. It is taken for a new entry only when
 * that is certain (its count or its age decreased, or it is too young to be the old one), because
 * otherwise the old entry's count would be added twice. `knownFrom`: an entry that is read for the
 * first time counts in full if it was added after this time, and from now on if it was there before.
 * `isReadded`: it may have been added over itself, which begins its age anew and keeps its counts: then
 * its age proves nothing.
 * @spec OpenFlow 1.4.1 §6.4: without OFPFF_RESET_COUNTS the counters of the replaced entry continue.
 */
export function counterDelta(
  last: KnownReading | undefined,
  now: Reading,
  time: ReadingTime,
  knownFrom: number,
  isReadded = false,
): CounterDelta | undefined {
  const whole = { packets: now.packets, bytes: now.bytes, since: addedBefore(now, time) };
  const isSame = isReadded && last !== undefined && hasGrown(last, now);
  if (last !== undefined && (isSame || !isNewEntry(last, now, time, knownFrom))) {
    const packets = now.packets - last.packets;
    const bytes = Math.max(0, now.bytes - last.bytes);
    return { packets, bytes, since: last.asked, isNew: false };
  }
  const mayBeOlder = isReadded || whole.since < knownFrom - SLACK_MS - slackOf(now);
  const isOlder = last === undefined && mayBeOlder;
  return isOlder ? undefined : { ...whole, isNew: true };
}

/** Whether a final count belongs to an entry that preceded the known one. */
export function isOfEarlierEntry(
  known: KnownReading | undefined,
  last: Reading,
  time: ReadingTime,
): boolean {
  if (known === undefined || !Number.isFinite(known.asked)) return false;
  return addedBefore(last, time) < known.asked - known.durationMs - SLACK_MS - slackOf(last);
}

function isNewEntry(
  last: KnownReading,
  now: Reading,
  { asked }: ReadingTime,
  knownFrom: number,
): boolean {
  if (now.packets < last.packets) return true;
  const addedAfter = asked - now.durationMs;
  // Read by the previous process, whose clock is unknown, and which may have added it over itself since.
  if (!Number.isFinite(last.asked)) return addedAfter > knownFrom + SLACK_MS;
  if (now.durationMs < last.durationMs) return true;
  return addedAfter > addedBefore(last, last) + SLACK_MS + slackOf(now);
}

function hasGrown(last: Amount, now: Amount): boolean {
  return now.packets >= last.packets && now.bytes >= last.bytes;
}

/** The latest time at which an entry can have been added. */
function addedBefore({ durationMs }: Reading, { received }: ReadingTime): number {
  return received - durationMs;
}

/** How much of an age may be due to clocks of different speed, in milliseconds. */
export function slackOf({ durationMs }: Pick<Reading, "durationMs">): number {
  return durationMs * DRIFT;
}
