// SPDX-License-Identifier: Apache-2.0
import { and, type Bits, countBits, or } from "./bits.ts";
import { FIELDS, type Field, type FieldName, fieldNamed } from "./fields.ts";

/** A condition on one field: `frame value & mask = value`. The mask is never 0. */
export interface Constraint {
  readonly field: Field;
  readonly value: Bits;
  readonly mask: Bits;
}

/**
 * A set of frames that one flow entry can match: a conjunction of value/mask constraints on fields,
 * its prerequisites included. A frame that lacks a constrained field is not in the region.
 */
export interface Region {
  /** At most one per field, in the order of `FIELDS`. */
  readonly constraints: readonly Constraint[];
  /** How many bits the region fixes: the more, the more specific. */
  readonly bits: number;
  /** Identity: two regions are the same set of frames exactly when their keys are equal. */
  readonly key: string;
}

/** A constraint; bits of the value outside the mask are dropped. */
export function constraint(name: FieldName, value: Bits, mask?: Bits): Constraint {
  const field = fieldNamed(name);
  const full = mask ?? field.fullMask;
  return constraintOf(field, and(value, full), full);
}

/** Most constraints on a field that are cached. */
const MOST_CACHED = 20_000;

/** Constraints that fix their whole field, by field and value. */
const exactConstraints = FIELDS.map(() => new Map<Bits, Constraint>());

/**
 * A constraint from a value without bits outside the mask. Constraints that fix the whole field are
 * cached: a hundred thousand policies share a few thousand addresses and ports.
 */
export function constraintOf(field: Field, value: Bits, mask: Bits): Constraint {
  const known = mask === field.fullMask ? exactConstraints[field.ordinal] : undefined;
  let found = known?.get(value);
  if (found === undefined) {
    found = { field, value, mask };
    if (known !== undefined && known.size >= MOST_CACHED) known.clear();
    known?.set(value, found);
  }
  return found;
}

/** Whether a constraint fixes the whole field. */
export function isExact(item: Constraint): boolean {
  return item.mask === item.field.fullMask;
}

/** All frames. */
export const EVERYTHING: Region = { constraints: [], bits: 0, key: "" };

/** A region from constraints in any order; undefined when two of them contradict each other. */
export function region(items: readonly Constraint[]): Region | undefined {
  const sorted: Constraint[] = [];
  for (const item of items) {
    const { ordinal } = item.field;
    // There are few constraints, mostly in order: insertion sort is fastest.
    let at = sorted.length;
    while (at > 0 && (sorted[at - 1]?.field.ordinal ?? 0) >= ordinal) at--;
    const same = sorted[at];
    if (same?.field !== item.field) {
      sorted.splice(at, 0, item);
      continue;
    }
    const both = meet(same, item);
    if (both === undefined) return undefined;
    sorted[at] = both;
  }
  // A copy, whose capacity is no larger than its length; `push` allocates up to four times as much.
  return fromSorted(sorted.slice());
}

/** The frames that satisfy one constraint. */
export function single(item: Constraint): Region {
  return fromSorted([item]);
}

/** A region from constraints that are already in canonical order, one per field. */
function fromSorted(constraints: readonly Constraint[]): Region {
  return new ConstrainedFrames(constraints);
}

/** Computes its key on demand: most regions are intermediate results. */
class ConstrainedFrames implements Region {
  readonly constraints: readonly Constraint[];
  readonly bits: number;
  #key: string | undefined;

  constructor(constraints: readonly Constraint[]) {
    this.constraints = constraints;
    let bits = 0;
    for (const item of constraints) bits += isExact(item) ? item.field.bits : countBits(item.mask);
    this.bits = bits;
  }

  get key(): string {
    this.#key ??= keyOf(this.constraints);
    return this.#key;
  }
}

function keyOf(constraints: readonly Constraint[]): string {
  let key = "";
  for (const item of constraints) {
    key += `${item.field.ordinal}=${item.value.toString(36)}`;
    key += isExact(item) ? ";" : `/${item.mask.toString(36)};`;
  }
  return key;
}

/** The frames in both regions; undefined when there are none. */
export function intersect(a: Region, b: Region): Region | undefined {
  const merged: Constraint[] = [];
  let i = 0;
  let j = 0;
  let sameAsA = true;
  let sameAsB = true;
  for (;;) {
    const left = a.constraints[i];
    const right = b.constraints[j];
    if (left === undefined && right === undefined) break;
    if (right === undefined || (left && left.field.ordinal < right.field.ordinal)) {
      if (left) merged.push(left);
      sameAsB = false;
      i++;
    } else if (left === undefined || right.field.ordinal < left.field.ordinal) {
      merged.push(right);
      sameAsA = false;
      j++;
    } else {
      const both = meet(left, right);
      if (both === undefined) return undefined;
      sameAsA &&= both === left || both.mask === left.mask;
      sameAsB &&= both === right || both.mask === right.mask;
      merged.push(both);
      i++;
      j++;
    }
  }
  if (sameAsA) return a;
  return sameAsB ? b : fromSorted(merged.slice());
}

/** The conjunction of two constraints on the same field. */
function meet(a: Constraint, b: Constraint): Constraint | undefined {
  if (a.mask === b.mask) return a.value === b.value ? a : undefined;
  const common = and(a.mask, b.mask);
  if (and(a.value, common) !== and(b.value, common)) return undefined;
  if (common === b.mask) return a;
  if (common === a.mask) return b;
  return constraintOf(a.field, or(a.value, b.value), or(a.mask, b.mask));
}

/** Whether some frame is in both regions (without building the intersection). */
export function overlaps(a: Region, b: Region): boolean {
  let j = 0;
  for (const left of a.constraints) {
    let right = b.constraints[j];
    while (right !== undefined && right.field.ordinal < left.field.ordinal) {
      right = b.constraints[++j];
    }
    if (right === undefined) return true;
    if (right.field === left.field && !compatible(left, right)) return false;
  }
  return true;
}

function compatible(a: Constraint, b: Constraint): boolean {
  if (a.mask === b.mask) return a.value === b.value;
  const common = and(a.mask, b.mask);
  return and(a.value, common) === and(b.value, common);
}

/** Whether every frame of `inner` is in `outer`. */
export function contains(outer: Region, inner: Region): boolean {
  if (outer.bits > inner.bits || outer.constraints.length > inner.constraints.length) return false;
  let j = 0;
  for (const required of outer.constraints) {
    let given = inner.constraints[j];
    while (given !== undefined && given.field.ordinal < required.field.ordinal) {
      given = inner.constraints[++j];
    }
    if (given === undefined || given.field !== required.field) return false;
    if (given.mask === required.mask) {
      if (given.value !== required.value) return false;
    } else if (
      and(given.mask, required.mask) !== required.mask ||
      and(given.value, required.mask) !== required.value
    ) {
      return false;
    }
  }
  return true;
}

/** Whether two regions are the same set of frames. */
export function isSame(a: Region, b: Region): boolean {
  return (
    a === b ||
    (a.bits === b.bits &&
      a.constraints.length === b.constraints.length &&
      a.constraints.every((item, index) => {
        const other = b.constraints[index];
        return (
          item === other ||
          (item.field === other?.field && item.value === other.value && item.mask === other.mask)
        );
      }))
  );
}

/** A region's constraint on a field, or undefined. */
export function constraintOn(of: Region, name: FieldName): Constraint | undefined {
  return of.constraints.find((item) => item.field.name === name);
}

/** The value a region fixes a field to (all of its bits), or undefined. */
export function exactValue(of: Region, name: FieldName): Bits | undefined {
  const item = constraintOn(of, name);
  return item !== undefined && isExact(item) ? item.value : undefined;
}

/** The same region without a constraint on one field. */
export function without(of: Region, name: FieldName): Region {
  return fromSorted(of.constraints.filter((item) => item.field.name !== name));
}

/** A frame at a switch: the fields it has, by name. Untagged frames have `vlanVid: 0`. */
export type FrameFields = { readonly [N in FieldName]?: Bits };

/** Whether a frame is in a region. */
export function holds(of: Region, frame: FrameFields): boolean {
  return of.constraints.every((item) => {
    const value = frame[item.field.name];
    return value !== undefined && and(value, item.mask) === item.value;
  });
}
