// SPDX-License-Identifier: Apache-2.0
import { parseIpAddress } from "../topology/index.ts";

/**
 * Whether only programs of this machine reach an address: `127.0.0.0/8`, also as IPv4-mapped IPv6 address, or
 * `::1`, with or without a zone. A name is no address.
 *
 * @see RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 and §2.5.5.2
 */
export function isLoopbackAddress(text: string): boolean {
  const ip = parseIpAddress(text.split("%", 1)[0] ?? "");
  if (ip === undefined) return false;
  if (ip.family === 4) return ip.value >>> 24 === 127;
  return ip.value === 1n || ip.value >> 24n === 0xffff_7fn;
}
