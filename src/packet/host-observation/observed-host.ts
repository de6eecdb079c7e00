// SPDX-License-Identifier: Apache-2.0
import { FrameReader } from "../fields/frame-reader.ts";
import { EtherType, IpProtocol } from "../numbers.ts";
import { arpClaims } from "./arp-claims.ts";
import { dhcp4Claims, dhcp6Claims } from "./dhcp-claims.ts";
import type { IpClaim } from "./ip-claims.ts";
import { ndClaims } from "./nd-claims.ts";

/** What one frame says of the host that sent it. */
export interface ObservedHost {
  /** The frame's source address, not checked here. */
  readonly mac: number;
  /** The frame's destination address. */
  readonly to: number;
  /** VLAN id of the outermost tag; undefined for an untagged or only priority-tagged frame. */
  readonly vlan: number | undefined;
  /** Addresses that the sender claims as its own, by ARP, neighbour discovery or DHCP. */
  readonly claims: readonly IpClaim[];
  /** The frame is none by which a host announces itself. */
  readonly isOrdinary?: true;
}

/** Maximum number of tags parsed: 802.1ad over 802.1Q, and one more for carriers that add a third. */
const MAX_TAGS = 3;
const TAG_TYPES: ReadonlySet<number> = new Set([EtherType.vlan, EtherType.serviceVlan, 0x9100]);

/**
 * Reads what a frame says of its sender; undefined for less than an Ethernet header. The frame may be
 * truncated anywhere: an incomplete message claims nothing.
 *
 * The source address of an ordinary IP packet is no claim: a router forwards packets of many hosts.
 */
export function readObservedHost(frame: Uint8Array): ObservedHost | undefined {
  const reader = new FrameReader(frame);
  if (reader.left < 14) return undefined;
  const to = reader.u48(0);
  const mac = reader.u48(6);
  reader.skip(12);
  const vlan = readTags(reader);
  // The frame ends within its tags.
  if (reader.left < 2) return { mac, to, vlan, claims: [] };
  const type = reader.u16(0);
  reader.skip(2);
  const claims = claimsOf(type, reader, mac);
  const isOrdinary = claims.length === 0 && type !== EtherType.arp && type !== EtherType.rarp;
  return { mac, to, vlan, claims, ...(isOrdinary ? { isOrdinary } : {}) };
}

function readTags(reader: FrameReader): number | undefined {
  let outermost: number | undefined;
  for (let tags = 0; tags < MAX_TAGS && reader.left >= 6; tags++) {
    if (!TAG_TYPES.has(reader.u16(0))) break;
    const vid = reader.u16(2) & 0xfff;
    outermost ??= vid === 0 ? undefined : vid;
    reader.skip(4);
  }
  return outermost;
}

function claimsOf(type: number, reader: FrameReader, mac: number): readonly IpClaim[] {
  switch (type) {
    case EtherType.arp:
      return arpClaims(reader, mac);
    case EtherType.ipv4:
      return ipv4Claims(reader, mac);
    case EtherType.ipv6:
      return ipv6Claims(reader, mac);
    default:
      // RARP, as a hypervisor sends it for a VM that has just moved, has only a MAC address.
      return [];
  }
}

function ipv4Claims(reader: FrameReader, mac: number): readonly IpClaim[] {
  if (reader.left < 20 || reader.u8(0) >> 4 !== 4) return [];
  const headerLength = (reader.u8(0) & 0xf) * 4;
  const isFragment = (reader.u16(6) & 0x3fff) !== 0;
  if (headerLength < 20 || isFragment || reader.u8(9) !== IpProtocol.udp) return [];
  if (!reader.skip(headerLength) || reader.left < 8) return [];
  if (reader.u16(0) !== 68 || reader.u16(2) !== 67) return [];
  reader.skip(8);
  return dhcp4Claims(reader, mac);
}

function ipv6Claims(reader: FrameReader, mac: number): readonly IpClaim[] {
  if (reader.left < 40 || reader.u8(0) >> 4 !== 6) return [];
  const payloadLength = reader.u16(4);
  const protocol = reader.u8(6);
  const hopLimit = reader.u8(7);
  const source = reader.u128(8);
  reader.skip(40);
  // A truncated packet may lack the option that reveals a proxy.
  if (payloadLength > reader.left) return [];
  reader.limit(payloadLength);
  // A hop limit of 255 proves that no router has forwarded the message (RFC 4861 §6.1).
  if (protocol === IpProtocol.icmpv6) return hopLimit === 255 ? ndClaims(reader, source, mac) : [];
  if (protocol !== IpProtocol.udp || reader.left < 8) return [];
  if (reader.u16(0) !== 546 || reader.u16(2) !== 547) return [];
  reader.skip(8);
  return dhcp6Claims(reader);
}
