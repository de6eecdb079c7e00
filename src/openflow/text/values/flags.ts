// SPDX-License-Identifier: Apache-2.0
import { allOnes, parseInteger } from "./numbers.ts";
import type { Located } from "./scanner.ts";
import { badSyntax, unknownName } from "./text-error.ts";

/** Names of bits, from bit 0 up. */
export type FlagNames = readonly string[];

/** State of a connection: bits of ct_state. */
export const CT_STATE_FLAGS: FlagNames = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];

/** Bits of the TCP header. */
export const TCP_FLAGS: FlagNames = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];

/** Bits of a tunnel header. */
export const TUNNEL_FLAGS: FlagNames = ["oam"];

function bitsOf(value: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (value >>> bit) & 1);
}

/** The name of a bit; `[200]` for an unnamed one. */
function nameOf(names: FlagNames, bit: number): string {
  return names[bit] ?? `[${(2 ** bit).toString(16)}]`;
}

/** `syn|ack`; `0` if none is set. */
export function formatFlags(names: FlagNames, value: number): string {
  if (value === 0) return "0";
  return bitsOf(value)
    .map((bit) => nameOf(names, bit))
    .join("|");
}

/** `+syn-ack`: every bit of the mask with its sign. */
export function formatMaskedFlags(names: FlagNames, value: number, mask: number): string {
  return bitsOf(mask)
    .map((bit) => ((value >>> bit) & 1 ? "+" : "-") + nameOf(names, bit))
    .join("");
}

function bitOf(names: FlagNames, name: string, offset: number): bigint {
  const bit = names.indexOf(name.toLowerCase());
  if (bit >= 0) return 1n << BigInt(bit);
  const number = /^\[([0-9a-f]+)\]$/i.exec(name)?.[1];
  if (number !== undefined) return BigInt(`0x${number}`);
  throw unknownName(offset, "flag", name, names);
}

function parseSigned(names: FlagNames, text: Located): { value: bigint; mask: bigint } {
  let value = 0n;
  let mask = 0n;
  for (const found of text.text.matchAll(/([+-])([^+-]*)/g)) {
    const [, sign = "", name = ""] = found;
    const offset = text.offset + found.index + 1;
    const bit = bitOf(names, name, offset);
    if ((mask & bit) !== 0n) {
      throw badSyntax(offset, `the flag ${name} is given twice`, "write each flag once");
    }
    mask |= bit;
    if (sign === "+") value |= bit;
  }
  return { value, mask };
}

function parseNames(names: FlagNames, text: Located): bigint {
  let value = 0n;
  let offset = text.offset;
  for (const name of text.text.split("|")) {
    value |= bitOf(names, name, offset);
    offset += name.length + 1;
  }
  return value;
}

/**
 * `+syn-ack` (masked), `syn|ack` (exact), a number or `number/mask`.
 * @throws TextError
 */
export function parseFlags(
  names: FlagNames,
  text: Located,
  bits: number,
): { value: bigint; mask?: bigint } {
  if (/^[+-]/.test(text.text)) return parseSigned(names, text);
  if (!/^\d/.test(text.text)) return { value: parseNames(names, text) };
  const [value = "", mask] = text.text.split("/");
  const number = parseInteger(value, text.offset, bits);
  if (mask === undefined) return { value: number };
  const checked = parseInteger(mask, text.offset + value.length + 1, bits) & allOnes(bits);
  return { value: number & checked, mask: checked };
}
