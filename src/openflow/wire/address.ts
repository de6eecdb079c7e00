// SPDX-License-Identifier: Apache-2.0
/** Text forms of MAC, IPv4 and IPv6 addresses. */

const MAC = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$|^[0-9a-f]{1,2}(-[0-9a-f]{1,2}){5}$/i;

/** `fa:00:00:00:00:01` (or with `-`) as a number 0..2^48-1; undefined when malformed. */
export function parseMac(text: string): number | undefined {
  if (!MAC.test(text)) return undefined;
  return text.split(/[:-]/).reduce((value, byte) => value * 256 + Number.parseInt(byte, 16), 0);
}

/** A number 0..2^48-1 as `fa:00:00:00:00:01`. */
export function formatMac(mac: number): string {
  const digits = mac.toString(16).padStart(12, "0");
  return digits.replace(/..(?!$)/g, "$&:");
}

/** The group bit of the first byte: broadcast and multicast addresses have it. */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1;
}

/** Dotted decimal as an unsigned number; undefined when malformed (leading zeros included). */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** An unsigned 32-bit number as dotted decimal. */
export function formatIpv4(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/** The 16-bit groups of one side of `::`; undefined when malformed. */
function ipv6Groups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (part.includes(".") && index === parts.length - 1) {
      const ipv4 = parseIpv4(part);
      if (ipv4 === undefined) return undefined;
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** IPv6 text (RFC 4291 §2.2, all forms, no zone) as a 128-bit bigint; undefined when malformed. */
export function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? "");
  const tail = halves.length === 2 ? ipv6Groups(halves[1] ?? "") : [];
  if (head === undefined || tail === undefined) return undefined;
  // An IPv4 tail must end the whole address, not its head.
  if (halves.length === 2 && (halves[0] ?? "").includes(".")) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** First and length of the longest run of two or more zero groups (RFC 5952 §4.2). */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

/** A 128-bit bigint in the canonical form of RFC 5952. */
export function formatIpv6(ip: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((ip >> BigInt(112 - 16 * i)) & 0xffffn),
  );
  const ipv4Mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (ipv4Mapped) return `::ffff:${formatIpv4(Number(ip & 0xffff_ffffn))}`;
  const zeros = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.start < 0) return hex.join(":");
  const head = hex.slice(0, zeros.start).join(":");
  return `${head}::${hex.slice(zeros.start + zeros.length).join(":")}`;
}
