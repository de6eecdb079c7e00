// SPDX-License-Identifier: Apache-2.0
import type { FrameReader } from "../fields/frame-reader.ts";
import { claim4, claim6, type IpClaim } from "./ip-claims.ts";

/** Message types of a DHCPv4 client. @spec RFC 2132 §9.6 */
const V4 = { request: 3, release: 7, inform: 8 } as const;
const V4_MAGIC_COOKIE = 0x63825363;

/** Message types of a DHCPv6 client that concern its own addresses. @spec RFC 8415 §7.3 */
const V6 = { renew: 5, rebind: 6, release: 8, decline: 9 } as const;
const V6_IDENTITY_ASSOCIATIONS: ReadonlySet<number> = new Set([3, 4]);
const V6_ADDRESS = 5;
/** Bytes before the options of an identity association: IA_NA has two times there, IA_TA none. */
const V6_IA_HEADER: Readonly<Record<number, number>> = { 3: 12, 4: 4 };

/**
 * The addresses that a DHCPv4 client already has (`ciaddr`), or releases. A server's offer is no claim:
 * any host could forge one, and a client that takes an address announces it by ARP at once. The reader
 * is positioned behind the UDP header.
 */
export function dhcp4Claims(reader: FrameReader, ethSrc: number): IpClaim[] {
  if (reader.left < 240 || reader.u32(236) !== V4_MAGIC_COOKIE) return [];
  const isClient = reader.u8(0) === 1 && reader.u16(1) === 0x0106;
  if (!isClient || reader.u48(28) !== ethSrc) return [];
  const ciaddr = reader.u32(12);
  switch (messageType(reader)) {
    case V4.request:
    case V4.inform:
      return claim4("uses", ciaddr);
    case V4.release:
      return claim4("leaves", ciaddr);
    default:
      return [];
  }
}

/** Option 53; undefined when it is missing or cut off. */
function messageType(reader: FrameReader): number | undefined {
  let at = 240;
  while (reader.left - at >= 2) {
    const code = reader.u8(at);
    if (code === 255) return undefined;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = reader.u8(at + 1);
    if (code === 53) return length === 1 && reader.left - at >= 3 ? reader.u8(at + 2) : undefined;
    at += 2 + length;
  }
  return undefined;
}

/** The addresses that a DHCPv6 client renews or releases. The reader is positioned behind the UDP header. */
export function dhcp6Claims(reader: FrameReader): IpClaim[] {
  if (reader.left < 4) return [];
  const type = reader.u8(0);
  const uses = type === V6.renew || type === V6.rebind;
  if (!uses && type !== V6.release && type !== V6.decline) return [];
  const claims: IpClaim[] = [];
  forEachOption(reader, 4, reader.left, (code, at, end) => {
    if (!V6_IDENTITY_ASSOCIATIONS.has(code)) return;
    forEachOption(reader, at + (V6_IA_HEADER[code] ?? 0), end, (inner, address, innerEnd) => {
      if (inner !== V6_ADDRESS || innerEnd - address < 16) return;
      claims.push(...claim6(uses ? "uses" : "leaves", reader.u128(address)));
    });
  });
  return claims;
}

/** Calls back for every complete option between two offsets, with the offsets of its value. */
function forEachOption(
  reader: FrameReader,
  from: number,
  end: number,
  look: (code: number, at: number, end: number) => void,
): void {
  let at = from;
  while (end - at >= 4) {
    const next = at + 4 + reader.u16(at + 2);
    if (next > end) return;
    look(reader.u16(at), at + 4, next);
    at = next;
  }
}
