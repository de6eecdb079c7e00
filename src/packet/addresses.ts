// SPDX-License-Identifier: Apache-2.0
import { parseIpv4, parseIpv6, parseMac } from "../openflow/wire/index.ts";

/** A MAC address as a number or as text. */
export type MacInput = number | string;
/** An IPv4 address as a number or as text. */
export type Ipv4Input = number | string;
/** An IPv6 address as a bigint or as text. */
export type Ipv6Input = bigint | string;

/** The address's number; throws `RangeError` on malformed text. */
export function macNumber(mac: MacInput): number {
  return typeof mac === "number" ? mac : (parseMac(mac) ?? malformed("MAC address", mac));
}

/** The address's number; throws `RangeError` on malformed text. */
export function ipv4Number(ip: Ipv4Input): number {
  return typeof ip === "number" ? ip : (parseIpv4(ip) ?? malformed("IPv4 address", ip));
}

/** The address's number; throws `RangeError` on malformed text. */
export function ipv6Number(ip: Ipv6Input): bigint {
  return typeof ip === "bigint" ? ip : (parseIpv6(ip) ?? malformed("IPv6 address", ip));
}

function malformed(kind: string, text: string): never {
  throw new RangeError(`"${text}" is not a ${kind}`);
}
