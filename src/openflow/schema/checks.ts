// SPDX-License-Identifier: Apache-2.0
import { EncodeError } from "../wire/errors.ts";

const MAX = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff, 6: 0xffff_ffff_ffff } as const;
const MAX_64 = 0xffff_ffff_ffff_ffffn;
const MAX_128 = (1n << 128n) - 1n;

/** Shows an invalid value in an error message. */
function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}

/** The error for a value that is not an unsigned integer of `bytes` bytes. */
export function badUint(name: string, value: unknown, bytes: number): EncodeError {
  if (typeof value !== "number") {
    return new EncodeError("wrong-type", name, `expected a number, got ${show(value)}`);
  }
  const range = `expected an unsigned integer of ${bytes * 8} bits, got ${show(value)}`;
  return new EncodeError("out-of-range", name, range);
}

/** The error for a value that is not an unsigned bigint of `bytes` bytes. */
export function badWide(name: string, value: unknown, bytes: number): EncodeError {
  if (typeof value !== "bigint") {
    return new EncodeError("wrong-type", name, `expected a bigint, got ${show(value)}`);
  }
  return new EncodeError(
    "out-of-range",
    name,
    `expected an unsigned integer of ${bytes * 8} bits, got ${show(value)}`,
  );
}

/** The error for a value of the wrong JavaScript type. */
export function wrongType(name: string, expected: string, value: unknown): EncodeError {
  return new EncodeError("wrong-type", name, `expected ${expected}, got ${show(value)}`);
}

/** The error for a struct whose 16-bit length field cannot hold its length. */
export function structTooLong(name: string, bytes: number): EncodeError {
  return new EncodeError(
    "too-long",
    name,
    `takes ${bytes} bytes, more than its length field can hold`,
  );
}

/** Returns `value` if it is an unsigned integer of `bytes` bytes. */
export function checkUint(name: string, value: unknown, bytes: 1 | 2 | 4 | 6): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX[bytes]) {
    return value;
  }
  throw badUint(name, value, bytes);
}

/** Returns `value` if it is an unsigned bigint of `bytes` bytes. */
export function checkWide(name: string, value: unknown, bytes: 8 | 16): bigint {
  const max = bytes === 8 ? MAX_64 : MAX_128;
  if (typeof value === "bigint" && value >= 0n && value <= max) return value;
  throw badWide(name, value, bytes);
}

/** Returns `value` if it is a byte string (of `bytes` bytes). */
export function checkBytes(name: string, value: unknown, bytes?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongType(name, "a Uint8Array", value);
  if (bytes !== undefined && value.length !== bytes) {
    throw new EncodeError(
      "out-of-range",
      name,
      `expected exactly ${bytes} bytes, got ${value.length}`,
    );
  }
  return value;
}

/** Returns `value` if it is a string. */
export function checkText(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

/** Throws unless `value` is an object whose fields can be read. */
export function checkObject(value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw wrongType("", "an object", value);
}
