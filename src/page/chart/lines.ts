// SPDX-License-Identifier: Apache-2.0
/** From samples to lines of a chart. */

/** A part of time, in milliseconds since 1970. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Values at times; null: not known. */
export interface Samples {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
}

/** The picture: its size, and the value at its top. Zero is at the bottom. */
export interface Frame extends TimeSpan {
  readonly width: number;
  readonly height: number;
  readonly top: number;
}

/** Samples further apart than this are no line: what was between them is not known. */
const GAP_MS = 45_000;

/** The path of a line (SVG, attribute `d`). Where a value is not known there is a gap, and never a line at zero. */
export function linePath({ at, values }: Samples, { from, to, width, height, top }: Frame): string {
  const parts: string[] = [];
  let before: number | undefined;
  for (const [index, time] of at.entries()) {
    const value = values[index] ?? null;
    if (value === null || time < from || time > to) {
      before = undefined;
      continue;
    }
    const x = ((time - from) / (to - from)) * width;
    const y = height - (Math.min(value, top) / top) * height;
    const isApart = before === undefined || time - before > GAP_MS;
    // A point of no length is drawn as a dot, where its neighbours are not known.
    parts.push(isApart ? `M${rounded(x)} ${rounded(y)}h0` : `L${rounded(x)} ${rounded(y)}`);
    before = time;
  }
  return parts.join("");
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The shortest time that a chart shows, in milliseconds. */
const SHORTEST_MS = 120_000;

/** The time that a chart shows: from the first known sample to the last, within limits. */
export function spanOf(
  at: readonly number[],
  lines: readonly (readonly (number | null)[])[],
  longestMs: number,
  now: number,
): TimeSpan {
  const to = at.at(-1) ?? now;
  const first = at.findIndex((_, index) =>
    lines.some((values) => (values[index] ?? null) !== null),
  );
  const start = at[first] ?? to;
  return { from: Math.max(to - longestMs, Math.min(start, to - SHORTEST_MS)), to };
}

/** The lowest of 1, 2 and 5 times a power of ten that is not less than all values; 1 if none is known or more than 0. */
export function roundTop(values: Iterable<number | null>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value ?? 0);
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 5].find((each) => each * power >= most * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Means of the known values of each minute of a span; null: none is known. */
export function minutes({ at, values }: Samples, { from, to }: TimeSpan) {
  const length = 60_000;
  const found: { readonly at: number; readonly mean: number | null }[] = [];
  for (let start = to - length; start >= from; start -= length) {
    const known = values.filter((value, index): value is number => {
      const time = at[index] ?? 0;
      return value !== null && time > start && time <= start + length;
    });
    const sum = known.reduce((total, value) => total + value, 0);
    found.push({ at: start + length, mean: known.length === 0 ? null : sum / known.length });
  }
  return found;
}

/** Index of the sample that is nearest to a time; undefined: there is none. */
export function nearest(at: readonly number[], time: number): number | undefined {
  let best: number | undefined;
  for (const [index, each] of at.entries()) {
    if (best === undefined || Math.abs(each - time) <= Math.abs((at[best] ?? 0) - time))
      best = index;
  }
  return best;
}
