// SPDX-License-Identifier: Apache-2.0
/** From measured rates to widths and moving dots. */

/** A maximum that fades: half of it is left after ten seconds without higher samples. */
export interface MovingMax {
  readonly value: number;
  /** Milliseconds. */
  readonly at: number;
}

const HALF_LIFE_MS = 10_000;

/** Dots of one lane that pass a point in a second, at the highest rate. */
const MOST_DOTS_PER_SECOND = 3;

/** Pixels per second of a dot. */
export const DOT_SPEED = 70;

/** A dot for every so many pixels at most, however low the rate. */
const WIDEST_SPACING = 260;

/** The maximum after a sample at a time. */
export function movingMax(before: MovingMax | undefined, sample: number, at: number): MovingMax {
  if (!before) return { value: sample, at };
  const elapsed = Math.max(0, at - before.at);
  return { value: Math.max(sample, before.value * 0.5 ** (elapsed / HALF_LIFE_MS)), at };
}

/**
 * Packets per second that one dot stands for, so that the highest rate has few enough dots: 1, 2 or 5 times a power of
 * ten. The scale is linear, so that the legend is true for each lane.
 */
export function packetsPerDot(max: number): number {
  const least = max / MOST_DOTS_PER_SECOND;
  if (!(least > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return (
    [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least * (1 - 1e-9)) ??
    10 * power
  );
}

/** Pixels from dot to dot; undefined: no dots. */
export function dotSpacing(pps: number, perDot: number): number | undefined {
  if (!(pps > 0)) return undefined;
  return Math.min(WIDEST_SPACING, (DOT_SPEED * perDot) / pps);
}

/** Width of a link in pixels; null: its rate is not known. */
export function linkWidth(pps: number | null): number {
  if (pps === null || !(pps > 0)) return 1.25;
  return Math.min(7, 1.25 + 0.9 * Math.log10(1 + pps));
}

/** A rate in words, with three digits: `1.24 k`; `–` if it is not known. */
export function formatRate(rate: number | null | undefined, unit: "pps" | "bit/s"): string {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return "–";
  const prefixes = ["", "k", "M", "G", "T"];
  let value = rate;
  let prefix = 0;
  while (value >= 999.5 && prefix < prefixes.length - 1) {
    value /= 1000;
    prefix++;
  }
  const digits = value >= 99.95 || Number.isInteger(value) ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${prefixes[prefix] ?? ""}${unit}`;
}
