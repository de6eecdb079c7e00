// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../openflow/index.ts";

/** An IP address of either family; values as in the codec (unsigned number, 128-bit bigint). */
export type IpAddress =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

/** Reads an IPv4 or IPv6 address in its usual text forms; undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(":")) {
    const value = parseIpv6(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value === undefined ? undefined : { family: 4, value };
}

/** The canonical text of an address (RFC 5952 for IPv6): equal texts mean equal addresses. */
export function formatIpAddress(ip: IpAddress): string {
  return ip.family === 4 ? formatIpv4(ip.value) : formatIpv6(ip.value);
}
