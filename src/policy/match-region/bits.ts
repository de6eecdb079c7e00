// SPDX-License-Identifier: Apache-2.0
/**
 * Bit operations over field values: numbers up to 48 bits, bigints above. JavaScript's own operators
 * cut numbers to 32 bits; going through bigint for MAC addresses costs ten times as much.
 */
export type Bits = number | bigint;

const TWO_32 = 4294967296;

/** Bitwise and of two values of the same kind. */
export function and(a: Bits, b: Bits): Bits {
  if (typeof a === "bigint" || typeof b === "bigint") return BigInt(a) & BigInt(b);
  if (a < TWO_32 && b < TWO_32) return (a & b) >>> 0;
  return (Math.floor(a / TWO_32) & Math.floor(b / TWO_32)) * TWO_32 + ((a & b) >>> 0);
}

/** Bitwise or of two values of the same kind. */
export function or(a: Bits, b: Bits): Bits {
  if (typeof a === "bigint" || typeof b === "bigint") return BigInt(a) | BigInt(b);
  if (a < TWO_32 && b < TWO_32) return (a | b) >>> 0;
  return (Math.floor(a / TWO_32) | Math.floor(b / TWO_32)) * TWO_32 + ((a | b) >>> 0);
}

/** How many bits are set. */
export function countBits(value: Bits): number {
  if (typeof value === "number") {
    return count32(value >>> 0) + count32(Math.floor(value / TWO_32));
  }
  let count = 0;
  for (let rest = value; rest > 0n; rest >>= 32n) count += count32(Number(rest & 0xffffffffn));
  return count;
}

function count32(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
