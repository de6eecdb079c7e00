import type { Policy, PolicyId, RateLimit } from "./policy.ts";

/** Of how many parts a sample counts: 0.5 is 32,768 of them. */
export const SAMPLE_PARTS = 65_536;

/** What is done with copies on the way to their monitor. What is not given leaves them as they are. */
export interface Treatment {
  /** Bytes kept, from the start of the frame. */
  readonly truncate?: number;
  /** How many of `SAMPLE_PARTS` flows are copied: those whose hash is below. */
  readonly sample?: number;
  /** The limit, and the policy whose allowance is used. */
  readonly limit?: RateLimit & { readonly of: PolicyId };
}

/** Copies as they are. */
export const WHOLE: Treatment = {};

/** What a policy asks for. */
export function treatmentOf({ id, truncate, sample, rateLimit }: Policy): Treatment {
  if (truncate === undefined && sample === undefined && rateLimit === undefined) return WHOLE;
  return {
    ...(truncate === undefined ? {} : { truncate }),
    ...(sample === undefined ? {} : { sample }),
    ...(rateLimit === undefined ? {} : { limit: { ...rateLimit, of: id } }),
  };
}

/** Whether nothing is done. */
export function isWhole({ truncate, sample, limit }: Treatment): boolean {
  return truncate === undefined && sample === undefined && limit === undefined;
}

/**
 * What the copies for one monitor get that two policies ask for: of each the larger, so that nobody
 * gets less than asked for.
 */
export function together(a: Treatment, b: Treatment): Treatment {
  const truncate = larger(a.truncate, b.truncate, (x, y) => x - y);
  const sample = larger(a.sample, b.sample, (x, y) => x - y);
  const limit = larger(a.limit, b.limit, compareLimits);
  return {
    ...(truncate === undefined ? {} : { truncate }),
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Equal for treatments that do the same. */
export function treatmentKey({ truncate, sample, limit }: Treatment): string {
  const rate = limit === undefined ? "" : `${limit.rate}${limit.unit}/${limit.of}`;
  return `${truncate ?? ""},${sample ?? ""},${rate}`;
}

/** Not given is the largest of all. */
function larger<T>(
  a: T | undefined,
  b: T | undefined,
  compare: (a: T, b: T) => number,
): T | undefined {
  if (a === undefined || b === undefined) return undefined;
  return compare(a, b) < 0 ? b : a;
}

/** A packet's size by which packets per second are compared with bits per second. */
const KILOBITS_PER_PACKET = 12;

function compareLimits(
  a: NonNullable<Treatment["limit"]>,
  b: NonNullable<Treatment["limit"]>,
): number {
  const order = kilobits(a) - kilobits(b);
  if (order !== 0) return order;
  if (a.unit !== b.unit) return a.unit === "kbps" ? 1 : -1;
  return a.of < b.of ? 1 : a.of > b.of ? -1 : 0;
}

function kilobits({ unit, rate }: RateLimit): number {
  return unit === "kbps" ? rate : rate * KILOBITS_PER_PACKET;
}
