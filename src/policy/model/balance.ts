// SPDX-License-Identifier: Apache-2.0
/** Number of values of the hash that distributes flows over the monitors of a set; the first is 0. */
export const BALANCE_PARTS = 4096;

/** Hash values from `first` to `last`, both included. */
export interface Part {
  readonly first: number;
  readonly last: number;
}

/** Most monitors of a set: each needs a slot for every other monitor. */
export const MAX_BALANCED = 64;

/**
 * The index of the monitor of a set that gets the flows of a hash value; undefined when none is in
 * service.
 *
 * The hash values are divided into n(n-1) slots, n-1 for each monitor. The substitutes of a slot are
 * the other monitors, and each slot of a monitor begins with a different one of them. When a monitor
 * goes out of service, the others share its flows evenly, and no other flow changes its monitor.
 */
export function memberFor(
  hash: number,
  size: number,
  isInService: (member: number) => boolean,
): number | undefined {
  const others = Math.max(1, size - 1);
  return memberOfSlot(Math.floor((hash * size * others) / BALANCE_PARTS), size, isInService);
}

function memberOfSlot(
  slot: number,
  size: number,
  isInService: (member: number) => boolean,
): number | undefined {
  const others = Math.max(1, size - 1);
  const owner = Math.floor(slot / others);
  if (isInService(owner)) return owner;
  for (let step = 0; step < size - 1; step++) {
    const member = (owner + 1 + (((slot % others) + step) % others)) % size;
    if (isInService(member)) return member;
  }
  return undefined;
}

/** The hash values that each monitor of a set gets, by index. */
export function partsOf(size: number, isInService: (member: number) => boolean): Part[][] {
  const parts: Part[][] = Array.from({ length: size }, () => []);
  const slots = size * Math.max(1, size - 1);
  const start = (slot: number) => Math.ceil((slot * BALANCE_PARTS) / slots);
  for (let slot = 0; slot < slots; slot++) {
    const member = memberOfSlot(slot, size, isInService);
    const own = member === undefined ? undefined : parts[member];
    const before = own?.at(-1);
    const joined = before?.last === start(slot) - 1 ? own?.pop() : undefined;
    own?.push({ first: joined?.first ?? start(slot), last: start(slot + 1) - 1 });
  }
  return parts;
}

/** Aligned power-of-two blocks, as value and mask, that cover parts of a hash of `bits` bits. */
export function blocksOf(
  parts: readonly Part[],
  bits: number,
): { readonly value: number; readonly mask: number }[] {
  const full = 2 ** bits - 1;
  const blocks: { value: number; mask: number }[] = [];
  for (const { first, last } of parts) {
    for (let at = first; at <= last; ) {
      let size = 1;
      while (size < 2 ** bits && at % (size * 2) === 0 && at + size * 2 - 1 <= last) size *= 2;
      blocks.push({ value: at, mask: full - (size - 1) });
      at += size;
    }
  }
  return blocks;
}
