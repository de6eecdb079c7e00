// SPDX-License-Identifier: Apache-2.0
import { bigEndian, viewOf } from "../bytes.ts";
import { frameFields } from "../fields/read-frame-fields.ts";
import { EtherType, IpProtocol } from "../numbers.ts";

/** Offset of a protocol's checksum, and the shortest header that contains it. */
const CHECKSUMS: ReadonlyMap<number, { readonly at: number; readonly header: number }> = new Map([
  [IpProtocol.tcp, { at: 16, header: 20 }],
  [IpProtocol.udp, { at: 6, header: 8 }],
]);
const ICMPV6_CHECKSUM = { at: 2, header: 4 } as const;

/** Offsets of an IP packet's parts in a frame, as far as checksums need them. */
interface Packet {
  readonly at: number;
  /** Offset of the destination. */
  readonly destination: number;
  readonly length: number;
  readonly protocol: number;
  /** Offset of the transport header; undefined if the switch reads none. */
  readonly transport: number | undefined;
  readonly end: number;
}

/**
 * A frame with another IP destination, as Open vSwitch 3.1 writes it: checksums of IPv4, TCP, UDP and
 * ICMPv6 are corrected by the difference (RFC 1624, equation 3), not recomputed, so a wrong checksum
 * stays wrong by the same amount. UDP without a checksum stays without. Returns the frame itself if it is
 * not of that family, or if its protocol reads as 0, as in contradictory headers: those stay unchanged.
 */
export function withIpDestination(
  bytes: Uint8Array,
  field: "ipv4Dst" | "ipv6Dst",
  value: number | bigint,
): Uint8Array {
  const packet = field === "ipv4Dst" ? ipv4Packet(bytes) : ipv6Packet(bytes);
  if (packet === undefined) return bytes;
  const edited = Uint8Array.from(bytes);
  const { at, destination, length, protocol, transport, end } = packet;
  const old = bytes.subarray(destination, destination + length);
  const now = bigEndian(value, length);
  edited.set(now, destination);
  if (field === "ipv4Dst") correct(edited, at + 10, old, now);
  const isIcmpv6 = field === "ipv6Dst" && protocol === IpProtocol.icmpv6;
  const checksum = isIcmpv6 ? ICMPV6_CHECKSUM : CHECKSUMS.get(protocol);
  if (transport === undefined || checksum === undefined) return edited;
  if (end - transport < checksum.header) return edited;
  const place = transport + checksum.at;
  const isUdp = protocol === IpProtocol.udp;
  if (isUdp && viewOf(edited).getUint16(place) === 0) return edited;
  correct(edited, place, old, now);
  if (isUdp && viewOf(edited).getUint16(place) === 0) viewOf(edited).setUint16(place, 0xffff);
  return edited;
}

/** Corrects a checksum for changed words, one after another. */
function correct(bytes: Uint8Array, at: number, old: Uint8Array, now: Uint8Array): void {
  const view = viewOf(bytes);
  let checksum = view.getUint16(at);
  for (let word = 0; word < old.length; word += 2) {
    const before = viewOf(old).getUint16(word);
    let sum = (~checksum & 0xffff) + (~before & 0xffff) + viewOf(now).getUint16(word);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    checksum = ~sum & 0xffff;
  }
  view.setUint16(at, checksum);
}

/** Offset of a frame's IP header, behind the one tag that a switch parses. */
function ipHeaderAt(bytes: Uint8Array): number {
  const type = viewOf(bytes).getUint16(12);
  const at = type === EtherType.vlan || type === EtherType.serviceVlan ? 18 : 14;
  // A length instead of a type: an LLC/SNAP header follows.
  return viewOf(bytes).getUint16(at - 2) < 0x0600 ? at + 8 : at;
}

function ipv4Packet(bytes: Uint8Array): Packet | undefined {
  const fields = frameFields(bytes);
  if (fields?.ipv4Dst === undefined || !fields.ipProto) return undefined;
  const at = ipHeaderAt(bytes);
  if (bytes.length < at + 20) return undefined;
  const view = viewOf(bytes);
  return {
    at,
    destination: at + 16,
    length: 4,
    protocol: fields.ipProto,
    transport: at + (view.getUint8(at) & 0xf) * 4,
    end: at + view.getUint16(at + 2),
  };
}

function ipv6Packet(bytes: Uint8Array): Packet | undefined {
  const fields = frameFields(bytes);
  if (fields?.ipv6Dst === undefined || !fields.ipProto) return undefined;
  const at = ipHeaderAt(bytes);
  if (bytes.length < at + 40) return undefined;
  const view = viewOf(bytes);
  const end = at + 40 + view.getUint16(at + 4);
  const packet = { at, destination: at + 24, length: 16, protocol: fields.ipProto, end };
  let next = view.getUint8(at + 6);
  let transport = at + 40;
  let isCorrected = true;
  while (next !== fields.ipProto) {
    // With routers left to visit, the checksum covers another destination, the final one.
    if (transport + 8 > end) return { ...packet, transport: undefined };
    const isRouted = next === IpProtocol.routing && view.getUint8(transport + 3) > 0;
    if (isRouted) return { ...packet, transport: undefined };
    const length = view.getUint8(transport + 1);
    const following = view.getUint8(transport);
    if (next === IpProtocol.fragment) {
      const offset = view.getUint16(transport + 2);
      // Open vSwitch treats the header of an unfragmented packet as that of a later fragment.
      isCorrected = offset < 8 && offset % 2 === 1;
      transport += 8;
    } else transport += next === IpProtocol.authentication ? (length + 2) * 4 : (length + 1) * 8;
    next = following;
  }
  return { ...packet, transport: isCorrected ? transport : undefined };
}
