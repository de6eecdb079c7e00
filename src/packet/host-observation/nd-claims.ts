// SPDX-License-Identifier: Apache-2.0
import type { FrameReader } from "../fields/frame-reader.ts";
import { claim6, type IpClaim } from "./ip-claims.ts";

/** The messages of IPv6 neighbour discovery. @spec RFC 4861 §4 */
const Nd = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
} as const;

/** Option with the sender's, or the target's, link-layer address. @spec RFC 4861 §4.6.1 */
const Option = { source: 1, target: 2 } as const;

/**
 * The addresses that a neighbour discovery message's sender claims: its source address, and the
 * target of an advertisement. A solicitation from the unspecified address asks whether its target is
 * free (duplicate address detection). A message with another link-layer address than the frame's (from
 * a proxy or a forger) claims nothing.
 *
 * The reader is positioned at the ICMPv6 header and ends with the packet; `source` is the IPv6 source.
 */
export function ndClaims(reader: FrameReader, source: bigint, ethSrc: number): IpClaim[] {
  if (reader.left < 8 || reader.u8(1) !== 0) return [];
  switch (reader.u8(0)) {
    case Nd.routerSolicitation:
      return speaksForItself(reader, 8, Option.source, ethSrc) ? claim6("uses", source) : [];
    case Nd.routerAdvertisement:
      return speaksForItself(reader, 16, Option.source, ethSrc) ? claim6("uses", source) : [];
    case Nd.neighbourSolicitation:
      if (!speaksForItself(reader, 24, Option.source, ethSrc)) return [];
      return source === 0n ? claim6("probes", reader.u128(8)) : claim6("uses", source);
    case Nd.neighbourAdvertisement: {
      if (!speaksForItself(reader, 24, Option.target, ethSrc)) return [];
      const target = reader.u128(8);
      const own = claim6("uses", target);
      return source === target ? own : [...own, ...claim6("uses", source)];
    }
    default:
      return [];
  }
}

/** Whether the message is complete and every link-layer address of this type is the frame's own. */
function speaksForItself(
  reader: FrameReader,
  headerLength: number,
  type: number,
  ethSrc: number,
): boolean {
  if (reader.left < headerLength) return false;
  let at = headerLength;
  while (reader.left - at >= 8) {
    const length = reader.u8(at + 1) * 8;
    if (length === 0 || length > reader.left - at) return false;
    if (reader.u8(at) === type && length === 8 && reader.u48(at + 2) !== ethSrc) return false;
    at += length;
  }
  return true;
}
