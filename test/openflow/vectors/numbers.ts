// SPDX-License-Identifier: Apache-2.0
import { parseIpv4, parseIpv6, parseMac } from "../../../src/openflow/index.ts";

/**
 * Keys under which os-ken shows what our values say otherwise: framing, Nicira's id and subtypes
 * (our `type`), the version bitmap as a list, the last bit of a range instead of its width.
 */
const OTHERWISE = new Set([
  ...["type", "len", "length", "len_", "msg_len", "msg_type", "version", "actions_len", "subtype"],
  ...["_subtype", "_experimenter", "versions", "end", "n_slaves"],
]);

/** Every number in a decoded message, as bigints; words and bytes of opaque data included. */
export function numbersOf(value: unknown, found = new Set<bigint>()): Set<bigint> {
  if (typeof value === "number") found.add(BigInt(value));
  else if (typeof value === "bigint") found.add(value);
  else if (value instanceof Uint8Array) addWords(value, found);
  else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) numbersOf(item, found);
    const { ofs, nBits } = value as { ofs?: number; nBits?: number };
    if (ofs !== undefined && nBits !== undefined) found.add(BigInt((ofs << 6) | (nBits - 1)));
  }
  return found;
}

function addWords(bytes: Uint8Array, found: Set<bigint>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    found.add(BigInt(view.getUint8(at)));
    if (at + 2 <= bytes.length) found.add(BigInt(view.getUint16(at)));
    if (at + 4 <= bytes.length) found.add(BigInt(view.getUint32(at)));
  }
}

function addressNumber(text: string): bigint | undefined {
  const parsed =
    parseMac(text) ?? parseIpv4(text) ?? (text.includes(":") ? parseIpv6(text) : undefined);
  return parsed === undefined ? undefined : BigInt(parsed);
}

/** Every number and address in os-ken's JSON form of a message, framing left out. */
export function osKenNumbers(value: unknown): bigint[] {
  if (typeof value === "number") return Number.isSafeInteger(value) ? [BigInt(value)] : [];
  if (typeof value === "string") {
    const address = addressNumber(value);
    return address === undefined ? [] : [address];
  }
  if (typeof value !== "object" || value === null) return [];
  const nicira = "_subtype" in value || "subtype" in value;
  return Object.entries(value).flatMap(([key, item]) =>
    OTHERWISE.has(key) || (nicira && key === "experimenter") ? [] : osKenNumbers(item),
  );
}
