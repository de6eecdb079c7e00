// SPDX-License-Identifier: Apache-2.0

/** The time of day of a frame in the user's time zone, with microseconds: `19:02:11.123456`. */
export function frameTime(ms: number): string {
  const micros = Math.round(ms * 1000);
  const date = new Date(Math.floor(micros / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const fraction = String(micros % 1_000_000).padStart(6, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction}`;
}
