// SPDX-License-Identifier: Apache-2.0

/** A date and time with an offset from UTC. The calendar is checked apart. */
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Reads a date and time as milliseconds since 1970; undefined when the text is none. What is finer than a
 * millisecond is dropped; leap seconds are not accepted.
 * @see RFC 3339
 */
export function parseMoment(text: string): number | undefined {
  const day = MOMENT.exec(text)?.[1];
  // `Date` reads February 30 as a day of March.
  if (day === undefined || momentText(Date.parse(`${day}T00:00:00Z`))?.startsWith(day) !== true)
    return undefined;
  const moment = Date.parse(text.toUpperCase());
  return momentText(moment) === undefined ? undefined : moment;
}

/** The canonical form of a moment, in UTC; undefined: it is before the year 0 or after 9999. */
export function momentText(moment: number): string | undefined {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  return /^\d{4}-/.test(text) ? text : undefined;
}
