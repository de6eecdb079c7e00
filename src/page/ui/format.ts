// SPDX-License-Identifier: Apache-2.0
/** Numbers and times as texts. What is not known is "–", never 0. */

export const UNKNOWN = "–";

/** A number with thousands separators; from ten million on as `12.3 M`. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (Math.abs(value) < 10_000_000) return Math.round(value).toLocaleString("en");
  const unit = ["M", "G", "T", "P"].findLastIndex((_, index) => value >= 10 ** (6 + 3 * index));
  return `${(value / 10 ** (6 + 3 * unit)).toFixed(1)} ${"MGTP"[unit]}`;
}

/** A rate such as `1,250`, `0.4`; `pps` and `bit/s` stand beside it. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value > 0 && value < 10) return value.toFixed(1).replace(/\.0$/, "");
  return formatCount(value);
}

/** Bits per second with a unit. */
export function formatBits(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(value || 1) / 3)));
  const scaled = value / 1000 ** unit;
  return `${scaled < 10 && unit > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${units[unit]}`;
}

/** The share of `part` in `whole`; nothing is lost of nothing. */
export function formatShare(part: number | null, whole: number | null): string {
  if (part === null || whole === null || whole === 0) return UNKNOWN;
  const percent = (100 * part) / whole;
  if (percent === 0) return "0 %";
  if (percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A duration in its largest unit, such as `3 min`. */
export function formatDuration(ms: number): string {
  for (const [unit, length] of UNITS) {
    if (ms >= length) return `${Math.floor(ms / length)} ${unit}`;
  }
  return "0 s";
}

/** How long ago a moment was; of more than a month, the date. */
export function formatAge(iso: string | undefined, now: number): string {
  if (iso === undefined) return UNKNOWN;
  const ms = now - Date.parse(iso);
  if (Number.isNaN(ms)) return iso;
  if (ms < 5000) return "now";
  if (ms > 30 * 86_400_000) return iso.slice(0, 10);
  return `${formatDuration(ms)} ago`;
}

/** A moment in the user's time zone. */
export function formatTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** The time of day in the user's time zone. */
export function formatTimeOfDay(iso: string): string {
  return new Date(iso).toLocaleTimeString();
}

/** A number with its noun: `1 policy`, `3 policies`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : many}`;
}
