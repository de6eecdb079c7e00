// SPDX-License-Identifier: Apache-2.0
import type { Policy, RateLimit } from "./policy.ts";

/** Number of parts that a sample is counted in: 0.5 is 32,768 of them. */
export const SAMPLE_PARTS = 65_536;

/** How copies are reduced on their path to the monitor. An absent key leaves them unchanged. */
export interface Treatment {
  /** Bytes kept, from the start of the frame. */
  readonly truncate?: number;
  /** How many of `SAMPLE_PARTS` flows are copied: those whose hash is lower. */
  readonly sample?: number;
  /** The limit, and whose it is: a policy's, or that of the name under which it is shared. */
  readonly limit?: RateLimit & { readonly of: string };
}

/** No treatment. */
export const WHOLE: Treatment = {};

/** The treatment that a policy requests. */
export function treatmentOf({ id, truncate, sample, rateLimit }: Policy): Treatment {
  if (truncate === undefined && sample === undefined && rateLimit === undefined) return WHOLE;
  return {
    ...(truncate === undefined ? {} : { truncate }),
    ...(sample === undefined ? {} : { sample }),
    ...(rateLimit === undefined ? {} : { limit: { ...rateLimit, of: rateLimit.sharedAs ?? id } }),
  };
}

/** Whether a treatment leaves copies unchanged. */
export function isWhole({ truncate, sample, limit }: Treatment): boolean {
  return truncate === undefined && sample === undefined && limit === undefined;
}

/**
 * The treatment of copies for one monitor that two policies request: the larger value of each key, so
 * that no policy gets less than it requests.
 */
export function combined(a: Treatment, b: Treatment): Treatment {
  const truncate = larger(a.truncate, b.truncate, (x, y) => x - y);
  const sample = larger(a.sample, b.sample, (x, y) => x - y);
  const limit = larger(a.limit, b.limit, compareLimits);
  return {
    ...(truncate === undefined ? {} : { truncate }),
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** A text that is equal for equal treatments. */
export function treatmentKey({ truncate, sample, limit }: Treatment): string {
  const rate = limit === undefined ? "" : `${limit.rate}${limit.unit}+${limit.burst}/${limit.of}`;
  return `${truncate ?? ""},${sample ?? ""},${rate}`;
}

/** Absent is the largest value. */
function larger<T>(
  a: T | undefined,
  b: T | undefined,
  compare: (a: T, b: T) => number,
): T | undefined {
  if (a === undefined || b === undefined) return undefined;
  return compare(a, b) < 0 ? b : a;
}

/** The part of a second that a burst takes unless a policy says otherwise. */
const BURST_PARTS = 10;
/** Smallest default burst, in kilobits: a switch drops every frame that exceeds the burst, and this holds a jumbo frame. */
const LEAST_BURST_KILOBITS = 80;

/** The burst of a rate that states none. */
export function defaultBurst({ unit, rate }: Pick<RateLimit, "unit" | "rate">): number {
  const share = Math.ceil(rate / BURST_PARTS);
  return unit === "kbps" ? Math.max(share, LEAST_BURST_KILOBITS) : share;
}

/** Packet size (kilobits) for comparing packets per second with bits per second: 1,500 bytes. */
const KILOBITS_PER_PACKET = 12;

/** A rate in kilobits per second; packets count as those of 1,500 bytes. */
export function kilobitsPerSecond(limit: RateLimit): number {
  return kilobits(limit, limit.rate);
}

function compareLimits(
  a: NonNullable<Treatment["limit"]>,
  b: NonNullable<Treatment["limit"]>,
): number {
  const order =
    kilobits(a, a.rate) - kilobits(b, b.rate) || kilobits(a, a.burst) - kilobits(b, b.burst);
  if (order !== 0) return order;
  if (a.unit !== b.unit) return a.unit === "kbps" ? 1 : -1;
  return a.of < b.of ? 1 : a.of > b.of ? -1 : 0;
}

function kilobits({ unit }: RateLimit, amount: number): number {
  return unit === "kbps" ? amount : amount * KILOBITS_PER_PACKET;
}
