// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatIpv6 } from "../../wire/address.ts";
import { badValue } from "./text-error.ts";

/** A value of up to 48 bits is a number, a wider one a bigint, as in the fields of a match. */
export type Integer = number | bigint;

/** `0x1f`; `0` without a prefix, as C's `%#x` prints it. */
export function hex(value: Integer): string {
  return BigInt(value) === 0n ? "0" : `0x${value.toString(16)}`;
}

/** `0x001f`: a prefix and at least `digits` digits. */
export function paddedHex(value: Integer, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** All ones of a width. */
export function allOnes(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}

/** Maximum length of a 128-bit number, with leading zeros. */
const LONGEST_NUMBER = 64;

/**
 * A decimal, 0x or -1-like number of at most `bits` bits.
 * @throws TextError `bad-value`
 */
export function parseInteger(text: string, offset: number, bits: number): bigint {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_NUMBER || !/^-?(0x[0-9a-f]+|\d+)$/i.test(trimmed)) {
    const remedy = "write a decimal number, or a hexadecimal one with 0x in front";
    throw badValue(offset, `${JSON.stringify(text)} is not a number`, remedy);
  }
  const negative = trimmed.startsWith("-");
  const size = BigInt(negative ? trimmed.slice(1) : trimmed);
  if (negative ? size > 1n << BigInt(bits - 1) : size > allOnes(bits)) {
    throw badValue(
      offset,
      `${trimmed} takes more than ${bits} bits`,
      `write at most ${allOnes(bits)}`,
    );
  }
  return negative ? BigInt.asUintN(bits, -size) : size;
}

/** {@link parseInteger} for up to 48 bits. */
export function parseSmall(text: string, offset: number, bits: number): number {
  return Number(parseInteger(text, offset, bits));
}

/** The length of a prefix mask of `bits` bits; undefined for any other mask. */
export function prefixLength(mask: Integer, bits: number): number | undefined {
  const inverse = allOnes(bits) ^ BigInt(mask);
  if ((inverse & (inverse + 1n)) !== 0n) return undefined;
  return bits - (inverse === 0n ? 0 : inverse.toString(2).length);
}

/** The mask of a prefix. */
export function prefixMask(length: number, bits: number): bigint {
  return allOnes(length) << BigInt(bits - length);
}

/** IPv6 text as `inet_ntop` writes it: RFC 5952, and IPv4-compatible addresses dotted. */
export function ipv6Text(address: bigint): string {
  const compatible = address >> 32n === 0n && address >> 16n !== 0n;
  return compatible ? `::${formatIpv4(Number(address))}` : formatIpv6(address);
}

/** Bytes from hexadecimal digits; undefined when malformed. */
export function parseBytes(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes as hexadecimal digits with separators. */
export function bytesText(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
