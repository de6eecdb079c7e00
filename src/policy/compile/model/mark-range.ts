// SPDX-License-Identifier: Apache-2.0
import {
  ONE_SIDED_PREFIX,
  PREFIX_SIZE,
  TAP_MARK_PREFIX,
  type Topology,
} from "../../../topology/index.ts";
import { type Constraint, constraint } from "../../match-region/region.ts";
import type { Side } from "./address-block.ts";

/** All bits of a MAC address. */
const ALL = 2 ** 48;

/** The marks of one monitor. A host among them would be taken for its copies. */
export const MARKS_OF_MONITOR = 2 ** 20;
/** Of fewer two-sided marks none is used: they are hashes, and must be different for the pairs of a monitor. */
const FEWEST_PAIRS = 2 ** 24;

/** The addresses that marks of one kind have: a block of addresses with the same first bits. */
export interface MarkRange {
  readonly first: number;
  /** A power of two. */
  readonly size: number;
}

/** The ranges of marks; undefined: hosts leave too little of it. */
export interface MarkRanges {
  readonly twoSided: MarkRange | undefined;
  readonly oneSided: MarkRange | undefined;
}

/**
 * The ranges that are free of hosts. Rules that handle marks match a whole range: a host in it would be
 * cut off. So where hosts have such addresses, a range is the largest part without any.
 */
export function markRangesOf(topology: Topology): MarkRanges {
  const free = (first: number, least: number) =>
    freePart({ first, size: PREFIX_SIZE }, hostsIn(topology, first), least);
  return {
    twoSided: free(TAP_MARK_PREFIX, FEWEST_PAIRS),
    oneSided: free(ONE_SIDED_PREFIX, MARKS_OF_MONITOR),
  };
}

export function sameRanges(a: MarkRanges, b: MarkRanges): boolean {
  return isSame(a.twoSided, b.twoSided) && isSame(a.oneSided, b.oneSided);
}

function isSame(a: MarkRange | undefined, b: MarkRange | undefined): boolean {
  return a?.first === b?.first && a?.size === b?.size;
}

/** Matches all marks of a range. */
export function inRange(side: Side, { first, size }: MarkRange): Constraint {
  return constraint(side, first, ALL - size);
}

function hostsIn(topology: Topology, prefix: number): number[] {
  const found: number[] = [];
  for (const { mac } of topology.hostsAfter(prefix - 1)) {
    if (mac >= prefix + PREFIX_SIZE) break;
    found.push(mac);
  }
  return found;
}

/**
 * The largest block of a range without hosts, the first of several; undefined: none has as many addresses as
 * `least`.
 */
function freePart(
  range: MarkRange,
  hosts: readonly number[],
  least: number,
): MarkRange | undefined {
  const inside = hosts.filter((mac) => mac >= range.first && mac < range.first + range.size);
  if (inside.length === 0) return range;
  const size = range.size / 2;
  if (size < least) return undefined;
  const lower = freePart({ first: range.first, size }, inside, least);
  const upper = freePart({ first: range.first + size, size }, inside, least);
  if (lower === undefined || upper === undefined) return lower ?? upper;
  return upper.size > lower.size ? upper : lower;
}
