// SPDX-License-Identifier: Apache-2.0
import { type Steps, sorted } from "../../lang/steps.ts";
import { type Bits, countBits } from "./bits.ts";
import type { Field } from "./fields.ts";
import type { Alternative } from "./filter-term.ts";

/** All values from `low` to `high`, both included. */
export interface Interval {
  readonly low: Bits;
  readonly high: Bits;
}

/** Most values of a range of a field that cannot be masked. */
export const MAX_LISTED_VALUES = 1024;

/**
 * The fewest value/mask pairs that together cover exactly the given intervals: adjacent intervals are
 * joined, then each is divided into its largest aligned blocks. For a field that cannot be masked: one
 * pair for each value. Undefined when there are more than `most` pairs, or more than `MAX_LISTED_VALUES`
 * values of a field that cannot be masked. In steps.
 */
export function* coverIntervals(
  field: Field,
  intervals: readonly Interval[],
  most: number,
): Steps<readonly Alternative[] | undefined> {
  const joined = yield* joinIntervals(intervals);
  if (field.maskable) {
    const all: Alternative[] = [];
    for (const interval of joined) {
      for (const block of blocks(field, interval)) all.push(block);
      if (all.length > most) return undefined;
      yield;
    }
    return all;
  }
  const values: Alternative[] = [];
  for (const { low, high } of joined) {
    if (Number(high) - Number(low) + values.length >= MAX_LISTED_VALUES) return undefined;
    for (let value = Number(low); value <= Number(high); value++) {
      values.push({ value, mask: field.fullMask });
    }
  }
  return values;
}

function* joinIntervals(intervals: readonly Interval[]): Steps<Interval[]> {
  const byLow = yield* sorted(intervals, (a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const joined: Interval[] = [];
  for (const next of byLow) {
    const last = joined.at(-1);
    if (last === undefined || next.low > successor(last.high)) joined.push(next);
    else if (next.high > last.high) joined[joined.length - 1] = { low: last.low, high: next.high };
  }
  return joined;
}

function successor(value: Bits): Bits {
  return typeof value === "bigint" ? value + 1n : value + 1;
}

/** Divides an interval into aligned power-of-two blocks, from the low end. */
function blocks(field: Field, interval: Interval): Alternative[] {
  // Numbers are exact up to 53 bits, and many times as fast as bigints.
  if (field.bits > 48) return wideBlocks(field, interval);
  const low = Number(interval.low);
  const high = Number(interval.high);
  const result: Alternative[] = [];
  // Blocks grow up to the largest one, and shrink from then on: the size is not sought anew for each.
  let size = 1;
  for (let at = low; at <= high; at += size) {
    while (at % (2 * size) === 0 && at + 2 * size - 1 <= high) size *= 2;
    while (at + size - 1 > high) size /= 2;
    result.push({ value: at, mask: Number(field.fullMask) - (size - 1) });
  }
  return result;
}

/** The same with bigints. */
function wideBlocks(field: Field, interval: Interval): Alternative[] {
  const low = BigInt(interval.low);
  const high = BigInt(interval.high);
  const result: Alternative[] = [];
  let size = 1n;
  for (let at = low; at <= high; at += size) {
    while ((at & (2n * size - 1n)) === 0n && at + 2n * size - 1n <= high) size *= 2n;
    while (at + size - 1n > high) size /= 2n;
    result.push({ value: at, mask: BigInt(field.fullMask) - (size - 1n) });
  }
  return result;
}

/** The values of a value/mask pair as an interval, when the mask is a prefix; else undefined. */
export function asInterval(field: Field, { value, mask }: Alternative): Interval | undefined {
  const free = BigInt(field.fullMask) - BigInt(mask);
  if ((free & (free + 1n)) !== 0n) return undefined;
  const high = BigInt(value) + free;
  return { low: value, high: field.bits > 48 ? high : Number(high) };
}

/** Every value of a value/mask pair; undefined when there are more than `MAX_LISTED_VALUES`. */
export function listValues(
  field: Field,
  { value, mask }: Alternative,
): readonly Alternative[] | undefined {
  const freeBits = field.bits - countBits(mask);
  if (2 ** freeBits > MAX_LISTED_VALUES) return undefined;
  const values: Alternative[] = [];
  const free = Number(field.fullMask) - Number(mask);
  for (let part = free; ; part = (part - 1) & free) {
    values.push({ value: Number(value) + part, mask: field.fullMask });
    if (part === 0) return values;
  }
}
