// SPDX-License-Identifier: Apache-2.0
/** A prefix of IPv4 or IPv6 addresses: the first `length` of its bits. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}

/** Reads an address or prefix in the usual notations; undefined if it is none. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = "", length, ...rest] = text.split("/");
  if (rest.length > 0) return undefined;
  const family = address.includes(":") ? 6 : 4;
  const bits = family === 4 ? ipv4Bits(address) : ipv6Bits(address);
  const width = family === 4 ? 32 : 128;
  if (bits === undefined) return undefined;
  if (length === undefined) return { family, bits, length: width };
  const number = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return number <= width ? { family, bits, length: number } : undefined;
}

/** Whether some address is in both. */
export function overlap(a: Prefix, b: Prefix): boolean {
  if (a.family !== b.family) return false;
  const shift = BigInt((a.family === 4 ? 32 : 128) - Math.min(a.length, b.length));
  return a.bits >> shift === b.bits >> shift;
}

function ipv4Bits(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv6Bits(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  if (!head) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const parts = [...head, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail ?? [])];
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return parts.reduce((bits, part) => (bits << 16n) | BigInt(`0x${part}`), 0n);
}
