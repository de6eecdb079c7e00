import { bigEndian, viewOf } from "../bytes.ts";
import { frameFields } from "../fields/read-frame-fields.ts";
import { EtherType, IpProtocol } from "../numbers.ts";

/** Where a protocol's checksum is, and the shortest header that has one. */
const CHECKSUMS: ReadonlyMap<number, { readonly at: number; readonly header: number }> = new Map([
  [IpProtocol.tcp, { at: 16, header: 20 }],
  [IpProtocol.udp, { at: 6, header: 8 }],
]);
const ICMPV6_CHECKSUM = { at: 2, header: 4 } as const;

/** A packet's header in a frame: where it starts, and its parts as far as checksums go. */
interface Packet {
  readonly at: number;
  /** Where the destination is. */
  readonly destination: number;
  readonly length: number;
  readonly protocol: number;
  /** Where the transport header is; undefined where none is looked at. */
  readonly transport: number | undefined;
  readonly end: number;
}

/**
 * A frame with another IP destination, as Open vSwitch 3.1 writes it: checksums of IPv4, TCP, UDP and
 * ICMPv6 are corrected for the difference (RFC 1624, equation 3), not made anew, so a wrong one stays
 * wrong by as much. UDP without a checksum stays without. The frame itself where it is not of that family,
 * or where its protocol reads as 0, as in headers that contradict themselves: such are not written to.
 */
export function withIpDestination(
  bytes: Uint8Array,
  field: "ipv4Dst" | "ipv6Dst",
  value: number | bigint,
): Uint8Array {
  const packet = field === "ipv4Dst" ? ipv4Packet(bytes) : ipv6Packet(bytes);
  if (packet === undefined) return bytes;
  const edited = bytes.slice();
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

/** Corrects a checksum for words that are others now, one after another. */
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

/** Where the IP header of a frame starts, behind the one tag that a switch looks behind. */
function ipHeaderAt(bytes: Uint8Array): number {
  const type = viewOf(bytes).getUint16(12);
  const at = type === EtherType.vlan || type === EtherType.serviceVlan ? 18 : 14;
  // A length in place of a type: there is an LLC/SNAP header.
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
    // With a router still to visit the checksum is over another destination, the last one.
    if (transport + 8 > end) return { ...packet, transport: undefined };
    const isRouted = next === IpProtocol.routing && view.getUint8(transport + 3) > 0;
    if (isRouted) return { ...packet, transport: undefined };
    const length = view.getUint8(transport + 1);
    const following = view.getUint8(transport);
    if (next === IpProtocol.fragment) {
      const offset = view.getUint16(transport + 2);
      // A fragment header without fragments is taken for that of a later one.
      isCorrected = offset < 8 && offset % 2 === 1;
      transport += 8;
    } else transport += next === IpProtocol.authentication ? (length + 2) * 4 : (length + 1) * 8;
    next = following;
  }
  return { ...packet, transport: isCorrected ? transport : undefined };
}
