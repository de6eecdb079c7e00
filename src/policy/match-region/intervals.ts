// SPDX-License-Identifier: Apache-2.0
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
 * values of a field that cannot be masked.
 */
export function coverIntervals(
  field: Field,
  intervals: readonly Interval[],
  most: number,
): readonly Alternative[] | undefined {
  const joined = joinIntervals(intervals);
  if (field.maskable) {
    const all: Alternative[] = [];
    for (const interval of joined) {
      all.push(...blocks(field, interval));
      if (all.length > most) return undefined;
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

function joinIntervals(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const joined: Interval[] = [];
  for (const next of sorted) {
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
function blocks(field: Field, { low, high }: Interval): Alternative[] {
  const result: Alternative[] = [];
  const end = BigInt(high);
  for (let at = BigInt(low); at <= end; ) {
    // The largest power of two that neither ends behind the interval nor is out of line with its start.
    const rest = end - at + 1n;
    const fitting = 1n << BigInt(rest.toString(2).length - 1);
    const aligned = at & -at;
    const size = at === 0n || fitting < aligned ? fitting : aligned;
    result.push(alternative(field, at, size));
    at += size;
  }
  return result;
}

function alternative(field: Field, at: bigint, size: bigint): Alternative {
  const mask = BigInt(field.fullMask) - (size - 1n);
  return field.bits > 48 ? { value: at, mask } : { value: Number(at), mask: Number(mask) };
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
