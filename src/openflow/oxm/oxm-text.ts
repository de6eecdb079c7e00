// SPDX-License-Identifier: Apache-2.0
import { parseIpv4, parseIpv6, parseMac } from "../wire/address.ts";
import { isWideField, type OxmFieldRow } from "./fields.ts";
import type { KnownOxmField } from "./oxm-field.ts";

/** Decimal or 0x number; undefined when malformed. */
function parseInteger(text: string): bigint | undefined {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined;
}

function parseValue(row: OxmFieldRow, text: string): bigint | undefined {
  const { kind } = row;
  let address: number | bigint | undefined;
  if (kind === "mac") address = parseMac(text);
  else if (kind === "ipv4") address = parseIpv4(text);
  else if (kind === "ipv6") address = parseIpv6(text);
  return address === undefined ? parseInteger(text) : BigInt(address);
}

function prefixMask(bits: number, prefix: number): bigint {
  return ((1n << BigInt(prefix)) - 1n) << BigInt(bits - prefix);
}

function parseMask(row: OxmFieldRow, text: string): bigint | undefined {
  const isPrefix = (row.kind === "ipv4" || row.kind === "ipv6") && /^\d{1,3}$/.test(text);
  if (!isPrefix) return parseValue(row, text);
  const prefix = Number(text);
  return prefix <= row.bits ? prefixMask(row.bits, prefix) : undefined;
}

/**
 * A field from text: an address, a number, `value/mask`, or for IP addresses `value/prefix`.
 * Undefined when malformed or out of range.
 */
export function parseOxmText(row: OxmFieldRow, text: string): KnownOxmField | undefined {
  const [valueText = "", maskText, ...more] = text.trim().split("/");
  if (more.length > 0) return undefined;
  const value = parseValue(row, valueText);
  const limit = 1n << BigInt(row.bits);
  if (value === undefined || value >= limit) return undefined;
  const convert = isWideField(row.name) ? (n: bigint) => n : Number;
  if (maskText === undefined) return { field: row.name, value: convert(value) } as KnownOxmField;
  const mask = parseMask(row, maskText);
  if (mask === undefined || mask >= limit) return undefined;
  return { field: row.name, value: convert(value & mask), mask: convert(mask) } as KnownOxmField;
}
